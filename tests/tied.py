"""Programs that end with the process that started them, also when that is killed and can end nothing itself.

This file is the program that is started first; it asks Linux for a signal at its parent's death, then becomes the
program that is wanted. Elsewhere than on Linux it only does the latter.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def tied(*command: str) -> list[str]:
    """The command that runs this command tied to us. To be started from a thread that lives as long as it should."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def become(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            sys.exit("the parent is gone")
    os.execv(command[0], command)  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
