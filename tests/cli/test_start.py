"""What is seldom needed is not imported."""

import subprocess
import sys

import pytest

SLOW = ("fastapi", "httpx")


@pytest.mark.parametrize("words", [["--help"], ["settings"], ["serve", "--help"], ["user", "--help"]])
def test_a_command_that_manages_nothing_imports_no_web_framework(words: list[str]) -> None:
    program = (
        "import sys\nfrom berth.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"sys.exit(str([name for name in {SLOW!r} if name in sys.modules] or ''))"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False)
    assert done.stderr.strip() in {"", "docs/settings.md says what each of them is for."}
