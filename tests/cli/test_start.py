"""A command imports what its work takes, and nothing that only others need."""

import os
import subprocess
import sys

import pytest

SERVER = ("sqlalchemy", "fastapi", "starlette", "alembic", "berth.db", "berth.scan")
HELP = (*SERVER, "httpx", "berth.settings")

PROGRAM = """
import sys
from berth.cli import main
sys.argv[0] = "berth"
try:
    main()
finally:
    print(*sorted(sys.modules), sep="\\n", file=sys.stderr)
"""


def _imported(*words: str, **environment: str) -> set[str]:
    command = [sys.executable, "-c", PROGRAM, *words]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    found = set(done.stderr.splitlines())
    assert "berth.cli.image" in found, "it did not begin"
    return found


@pytest.mark.parametrize("words", [["--help"], ["serve", "--help"], ["image", "list", "--help"]], ids=" ".join)
def test_help_needs_the_words_alone(words: list[str]) -> None:
    assert not _imported(*words).intersection(HELP)


def test_a_shell_completes_by_the_words_alone() -> None:
    asked = {"_BERTH_COMPLETE": "complete_bash", "COMP_WORDS": "berth image l", "COMP_CWORD": "2"}
    assert not _imported(**asked).intersection(HELP)


def test_settings_need_no_client_and_no_server() -> None:
    assert not _imported("settings").intersection((*SERVER, "httpx"))


def test_a_command_on_a_server_needs_no_server_of_its_own() -> None:
    words = ("image", "list", "main/apps", "--server", "http://127.0.0.1:1")
    found = _imported(*words, BERTH_KEY="bk_1:secret")
    assert "httpx" in found
    assert not found.intersection(SERVER)
