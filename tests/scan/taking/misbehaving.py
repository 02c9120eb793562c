"""A program that does to the parent of a scan what it should not. The first frame says what."""

import os
import resource
import signal
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

HEAD = struct.Struct(">cI")


def send(kind: bytes, payload: bytes, length: int | None = None) -> None:
    os.write(1, HEAD.pack(kind, len(payload) if length is None else length) + payload)


def nothing() -> None:
    time.sleep(600)


def stubborn() -> None:
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(each, signal.SIG_IGN)
    os.close(1)
    os.close(0)
    time.sleep(600)


def half() -> None:
    os.write(1, HEAD.pack(b"F", 100) + b"half")
    time.sleep(600)


def asks_forever() -> None:
    while True:
        send(b"R", bytes(16))


def complains_forever() -> None:
    while True:
        os.write(2, b"oh no! " * 10_000)


def complains() -> None:
    os.write(2, b"x" * 100_000 + b"the end of it")
    sys.exit(3)


def too_long() -> None:
    send(b"F", b"", length=0xFFFFFFFF)
    time.sleep(600)


def unknown() -> None:
    send(b"?", b"")
    time.sleep(600)


def eats_memory() -> None:
    os._exit(77)


def is_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crashes() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), signal.SIGSEGV)


def burns() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (1, 2))
    while True:
        pass


def has_a_child() -> None:
    if os.fork():
        send(b"F", b"")
    time.sleep(600)


def tells_its_environment() -> None:
    files = list(Path("/proc/self/fd").iterdir())
    text = f"{' '.join(sorted(os.environ))}|{Path.cwd()}|{os.getpgrp() == os.getpid()}|{len(files)}"
    send(b"F", text.encode())


def main() -> None:
    kind, length = HEAD.unpack(os.read(0, HEAD.size))
    assert kind == b"O"
    does: dict[str, Callable[[], None]] = {
        each.__name__: each
        for each in (
            nothing,
            stubborn,
            half,
            asks_forever,
            complains_forever,
            complains,
            too_long,
            unknown,
            eats_memory,
            is_killed,
            crashes,
            burns,
            has_a_child,
            tells_its_environment,
        )
    }
    does[os.read(0, length).decode()]()


if __name__ == "__main__":
    main()
