"""A scanner's binary at work: without a shell, in a process group and a folder of its own, for a bounded time.

What belongs to its group ends with it, whether it ended well or not. It gets a few variables and nothing else of our
environment. It is known by the hash of its bytes, which goes into every result and may be pinned.
"""

import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from berth.scan.external import documents, folders
from berth.scan.external.configured import Program
from berth.scan.external.identity import Account, Identity
from berth.scan.failed import ScanFailed
from berth.scan.process import Canceled

MIB = 1024 * 1024

_TICK = 0.1
_PIECE = 64 * 1024
_TAIL = 4096
"""Bytes of what it complained of last that are told."""
_NEEDED = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Whom to trust. Nothing else of the environment is passed on."""


@dataclass(frozen=True, slots=True)
class Limits:
    output_bytes: int = 256 * MIB
    """That it prints, and of the report that it writes."""
    folder_bytes: int = 20 * 1024 * MIB
    """Of disk in its folder, where scanners unpack layers."""
    look_seconds: float = 1.0
    """Between two looks at how much there is in it."""


_DEFAULT = Limits()


class Running:
    """A program made ready to be run, once or several times, until the `with` block ends.

    All raise `ScanFailed`: `SCANNER_EXIT`, `SCANNER_TIMEOUT`, `SCANNER_OUTPUT`; and `run` raises `Canceled`.
    """

    folder: Path
    """Its own: the only one that it is told of for what it writes."""

    def __init__(
        self,
        program: Program,
        seconds: float,
        cancel: threading.Event,
        *,
        secrets: Collection[str] = (),
        limits: Limits = _DEFAULT,
    ) -> None:
        self._program = program
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._cancel = cancel
        self._secrets = [each for each in secrets if each]
        self._limits = limits
        self._account = Account.of(program.user)
        self._identity = Identity.of(program)
        self._open = ExitStack()

    @property
    def sha256(self) -> str:
        return self._identity.sha256

    def __enter__(self) -> Self:
        owner = (self._account.user, self._account.group) if self._account is not None else None
        self.folder = self._open.enter_context(folders.own(owner))
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._open.close()

    def run(self, arguments: Sequence[str], environment: Mapping[str, str]) -> bytes:
        """What it prints, when it has ended and says that all is well."""
        with self._started(arguments, environment) as process:
            heard = _Heard(process, self._limits.output_bytes, _TAIL + max(map(len, self._secrets), default=0))
            self._listen(process, heard)
        self._check_end(process.returncode, bytes(heard.tail))
        return bytes(heard.output)

    def read(self, name: str) -> bytes:
        """A file in its folder."""
        return folders.read(self.folder / name, self._limits.output_bytes)

    @contextmanager
    def _started(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
        account = self._account
        try:
            process = subprocess.Popen(  # noqa: S603  an operator has named the program, and there is no shell
                [str(self._program.path), *arguments],
                bufsize=0,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self.folder,
                env={**self._environment(), **environment},
                start_new_session=True,
                user=account.user if account is not None else None,
                group=account.group if account is not None else None,
                extra_groups=[] if account is not None else None,
                umask=0o077,
            )
        except (OSError, ValueError) as error:
            raise ScanFailed("SCANNER_EXIT", f"{self._program.path} cannot be started: {error}") from None
        with process:
            try:
                yield process
            finally:
                _kill_group(process)

    def _environment(self) -> dict[str, str]:
        own = {name: str(self.folder) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
        passed = {name: os.environ[name] for name in _NEEDED if name in os.environ}
        return {"PATH": os.defpath, "LANG": "C.UTF-8"} | own | passed

    def _listen(self, process: subprocess.Popen[bytes], heard: "_Heard") -> None:
        looked = time.monotonic()
        while True:
            ended = _has_ended(process)
            if ended:
                _kill_group(process)  # What it left behind could go on talking.
            if not heard.more(0 if ended else _TICK) and ended:
                return
            self._check_time()
            if time.monotonic() - looked > self._limits.look_seconds:
                self._check_folder()
                looked = time.monotonic()

    def _check_time(self) -> None:
        if self._cancel.is_set():
            raise Canceled
        if time.monotonic() > self._ends:
            raise ScanFailed("SCANNER_TIMEOUT", f"the scanner took longer than {self._seconds:g} seconds")

    def _check_folder(self) -> None:
        if folders.size(self.folder) > self._limits.folder_bytes:
            raise ScanFailed("SCANNER_OUTPUT", f"it fills its folder with over {self._limits.folder_bytes} bytes")

    def _check_end(self, status: int, tail: bytes) -> None:
        if status != 0:
            how = f"ended with status {status}" if status > 0 else f"was ended by signal {-status}"
            said = self._without_secrets(tail)
            raise ScanFailed("SCANNER_EXIT", f"the scanner {how}" + (f": {said}" if said else ""))
        self._check_folder()
        if not self._identity.is_still(self._program.path):
            raise ScanFailed("SCANNER_EXIT", f"{self._program.path} was replaced while it ran")

    def _without_secrets(self, tail: bytes) -> str:
        said = tail.decode("utf-8", "replace")
        for secret in self._secrets:
            said = said.replace(secret, "***")
        return documents.prose(said[-_TAIL:], _TAIL)


class _Heard:
    """What comes out of a process: of one pipe all, and of the other the end."""

    def __init__(self, process: subprocess.Popen[bytes], most: int, longest_tail: int) -> None:
        self.output = bytearray()
        self.tail = bytearray()
        self._most = most
        self._longest_tail = longest_tail
        self._poll = select.poll()
        self._stdout, self._stderr = _descriptor(process.stdout), _descriptor(process.stderr)
        for pipe in (self._stdout, self._stderr):
            os.set_blocking(pipe, False)
            self._poll.register(pipe, select.POLLIN)

    def more(self, seconds: float) -> bool:
        """Whether there was anything, for which it waits so long."""
        ready = self._poll.poll(seconds * 1000)
        for pipe, _ in ready:
            self._take(pipe)
        return bool(ready)

    def _take(self, pipe: int) -> None:
        try:
            piece = os.read(pipe, _PIECE)
        except BlockingIOError:
            return
        if not piece:
            self._poll.unregister(pipe)
        elif pipe == self._stderr:
            self.tail = (self.tail + piece)[-self._longest_tail :]
        else:
            self.output += piece
            if len(self.output) > self._most:
                raise ScanFailed("SCANNER_OUTPUT", f"the scanner prints more than {self._most} bytes")


def _descriptor(pipe: IO[bytes] | None) -> int:
    if pipe is None:
        raise ValueError("the process has no such pipe")
    return pipe.fileno()


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Without its number being given to another process, which we would kill."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
