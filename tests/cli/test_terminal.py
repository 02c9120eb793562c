"""What somebody at a terminal sees: a question before anything is destroyed, a bar while it lasts, words completed."""

import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.serving import BERTH, PASSWORD, Server, served

PATIENCE = 120.0


@pytest.fixture
def server(sqlite_template: Path, tmp_path: Path) -> Iterator[Server]:
    with served(tmp_path / "server", databases.sqlite_copy(sqlite_template, tmp_path)) as running:
        running.client().image("main/apps/web").push_image("v1")
        yield running


def at_terminal(server: Server, *words: str, answer: str = "") -> tuple[int, str]:
    """The exit code, and all that the terminal has shown; the answer is typed when a question stands there."""
    environment = {
        **os.environ,
        "TERM": "xterm",
        "COLUMNS": "200",
        "BERTH_SERVER": server.url,
        "BERTH_KEY": key(server),
    }
    inside, outside = pty.openpty()
    process = subprocess.Popen([str(BERTH), *words], stdin=outside, stdout=outside, stderr=outside, env=environment)
    os.close(outside)
    shown, asked, ends = b"", False, time.monotonic() + PATIENCE
    try:
        while time.monotonic() < ends:
            if select.select([inside], [], [], 0.2)[0]:
                try:
                    shown += os.read(inside, 4096)
                except OSError:  # the other end is closed
                    break
            if not asked and b"[y/N]" in shown:
                asked = True
                os.write(inside, answer.encode())
        return process.wait(PATIENCE), shown.decode(errors="replace")
    finally:
        process.kill()
        process.wait()
        os.close(inside)


def key(server: Server) -> str:
    made = server.http.post("/api/v1/keys", json={}, auth=("admin", PASSWORD)).json()
    return f"{made['id']}:{made['secret']}"


def test_nothing_is_deleted_by_who_says_no(server: Server) -> None:
    code, shown = at_terminal(server, "image", "delete", "main/apps/web", answer="n\n")
    assert code != 0
    assert "[y/N]" in shown
    assert server.client().image("main/apps/web").has("v1")


def test_who_says_yes_sees_how_far_it_is(server: Server) -> None:
    code, shown = at_terminal(server, "image", "delete", "main/apps/web", answer="y\n")
    assert code == 0, shown
    assert "delete image in main/apps/web" in shown
    assert not server.client().image("main/apps/web").has("v1")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_the_words(shell: str) -> None:
    given = {
        "bash": {"_BERTH_COMPLETE": "complete_bash", "COMP_WORDS": "berth reposi", "COMP_CWORD": "1"},
        "zsh": {"_BERTH_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "berth reposi"},
        "fish": {
            "_BERTH_COMPLETE": "complete_fish",
            "_TYPER_COMPLETE_ARGS": "berth reposi",
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        },
    }[shell]
    done = subprocess.run([str(BERTH)], env={**os.environ, **given}, capture_output=True, text=True, check=False)
    assert "repository" in done.stdout, done
