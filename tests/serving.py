"""A real Berth: `berth serve` with all its processes, on a loopback port, with its data in a folder of the test."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import httpx

from tests.client import Client
from tests.tied import tied

ADMIN, PASSWORD = "admin", "correct horse battery"
REPOSITORY = "main/apps"
"""What `--starter` makes."""
PATIENCE = 120.0
LOOK_AGAIN = 0.02

BERTH = Path(sys.executable).with_name("berth")


@dataclass
class Server:
    """One Berth that can be stopped, killed and started again, always at the same address."""

    folder: Path
    database_url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    words: tuple[str, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    http: httpx.Client = field(init=False)
    """For everybody: its connections are shared, and making one is slow."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def start(self) -> None:
        """Returns when it is ready to serve."""
        command = [str(BERTH), "serve", "--data", str(self.folder / "data"), "--port", str(self.port), "--starter"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                tied(*command, *self.words),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that all its processes are one group
            )
        self.wait_until_ready()

    def ask_to_stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> None:
        """Wait for the end that was asked for; it must be a clean one, and leave no process behind."""
        assert self.process is not None
        status = self.process.wait(PATIENCE)
        assert status == 0, f"berth serve ended with {status}: {self.log[-4000:]}"
        assert not _alive(self.process.pid), "a process outlived berth serve"
        self.process = None

    def stop(self) -> None:
        self.ask_to_stop()
        self.wait()

    def kill(self) -> None:
        """End all its processes at once, without a word."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        wait_for(lambda: self.process is None or not _alive(self.process.pid))
        self.process = None

    def workers(self) -> list[int]:
        """The processes that the watching one looks after, the oldest first."""
        assert self.process is not None
        return [pid for pid in sorted(_alive(self.process.pid)) if pid != self.process.pid]

    def behead(self) -> None:
        """Kill the watching process alone; the others must end by themselves."""
        assert self.process is not None
        group = self.process.pid
        self.process.kill()
        self.process.wait(PATIENCE)
        wait_for(lambda: not _alive(group))
        self.process = None

    def client(self, name: str = ADMIN, secret: str = PASSWORD, speaks: Literal["basic", "bearer"] = "basic") -> Client:
        return Client(self.http, name, secret, speaks)

    def berth(self, *words: str) -> str:
        """What a `berth` command says, working on this server's own data."""
        command = [str(BERTH), *words, "--data", str(self.folder / "data")]
        return subprocess.run(command, env=self._environment(), capture_output=True, check=True, text=True).stdout

    def _environment(self) -> dict[str, str]:
        given = {"BERTH_ADMIN_PASSWORD": PASSWORD, "BERTH_ADVISORIES_HOURS": "0", **self.settings}
        if self.database_url:
            given["BERTH_DATABASE_URL"] = self.database_url
        return {**os.environ, **given}

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, f"berth serve did not start: {self.log[-4000:]}"
            try:
                return self.http.get("/readyz").status_code == httpx.codes.OK
            except httpx.TransportError:
                return False

        wait_for(ready)


@contextlib.contextmanager
def served(
    folder: Path, database_url: str = "", *, settings: Mapping[str, str] | None = None, words: tuple[str, ...] = ()
) -> Iterator[Server]:
    """A Berth that is stopped at the end, cleanly, unless the test has ended it already."""
    server = Server(folder, database_url, settings or {}, words=words)
    try:
        server.start()
        yield server
        if server.process is not None:
            server.stop()
    finally:
        server.http.close()
        if server.process is not None:
            server.kill()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def wait_for(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Look again and again, because nobody tells."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(LOOK_AGAIN)


def _alive(group: int) -> list[int]:
    """The processes of a group that still run; the dead that nobody has collected do not."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _parent, of_group = path.read_text().rpartition(")")[2].split()[:3]
            if int(of_group) == group and state not in "ZX":
                found.append(int(path.parent.name))
    return found
