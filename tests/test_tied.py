"""A program started by a test does not outlive the test run."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tied import tied

ROOT = Path(__file__).parents[1]

STARTS_AND_IS_KILLED = """
import os, signal, subprocess
from tests.tied import tied
subprocess.Popen(tied("/bin/sleep", "1000"), start_new_session=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
def test_a_tied_program_ends_when_its_parent_is_killed() -> None:
    # The program holds the pipe open as long as it lives, so this returns only after its end.
    done = subprocess.run(
        [sys.executable, "-c", STARTS_AND_IS_KILLED], cwd=ROOT, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == -signal.SIGKILL


def test_a_tied_program_keeps_its_process_and_its_exit_code() -> None:
    with subprocess.Popen(tied("/bin/sh", "-c", "echo $$; exit 7"), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert int(process.stdout.read()) == process.pid
    assert process.returncode == 7
