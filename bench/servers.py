"""The two registries, each on a free port of the loopback with an empty folder, started anew for every work."""

import base64
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench.client import Connection, Failed, Target
from bench.processes import free_port

DEBIANS = "docker-registry"
START_SECONDS = 60
STOP_SECONDS = 15
NAME = "main/apps/bench"
"""The image path that both registries are asked for."""

PEER_CONFIG = """\
version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}, cache: {{blobdescriptor: inmemory}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@dataclass(frozen=True)
class Program:
    """A registry that can be started."""

    title: str
    path: str
    is_berth: bool


def berth(path: str | None) -> Program:
    found = path or str(Path(sys.executable).with_name("berth"))
    if shutil.which(found) is None:
        raise Failed(f"there is no program {found}; `make setup` brings Berth's own")
    return Program("berth", found, is_berth=True)


def peer(path: str | None) -> Program:
    found = shutil.which(path or DEBIANS)
    if found is None:
        raise Failed(
            f"{path or DEBIANS} is not on this machine. On Debian: apt-get install {DEBIANS}; "
            "or name another registry that takes distribution's configuration with --peer."
        )
    said = subprocess.run([found, "--version"], check=False, capture_output=True, text=True).stdout.split()
    return Program(" ".join([Path(found).name, *said[-1:]]), found, is_berth=False)


class Server:
    """A running registry, and how to ask it."""

    def __init__(self, program: Program, folder: Path) -> None:
        folder.mkdir()
        self.program = program
        self.port = free_port()
        self._log = (folder / "log").open("wb")
        start = self._berth if program.is_berth else self._peer
        self._process = start(folder)
        self.pid = self._process.pid
        self.basic = Target(self.port)
        self.target = self.basic

    def __enter__(self) -> Self:
        try:
            self._wait()
            if self.program.is_berth:
                self._sign_in()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _berth(self, folder: Path) -> subprocess.Popen[bytes]:
        """Berth as it comes: all checks and counts on, its log in a file."""
        self._password = secrets.token_hex(16)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BERTH_")}
        words = ["serve", "--starter", "--data", str(folder / "data"), "--host", "127.0.0.1", "--port", str(self.port)]
        return self._run(words, kept | {"BERTH_ADMIN_PASSWORD": self._password, "BERTH_ADVISORIES_HOURS": "0"})

    def _peer(self, folder: Path) -> subprocess.Popen[bytes]:
        config = folder / "config.yml"
        config.write_text(PEER_CONFIG.format(folder=folder / "data", port=self.port))
        # Version 3 looks for a collector of traces unless it is told that there is none.
        return self._run(["serve", str(config)], os.environ | {"OTEL_TRACES_EXPORTER": "none"})

    def _run(self, words: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        command = [self.program.path, *words]
        return subprocess.Popen(
            command, env=environment, stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True
        )

    def _wait(self) -> None:
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends and self._process.poll() is None:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.05)
        raise Failed(f"{self.program.title} did not start:\n{Path(self._log.name).read_text()[-2000:]}")

    def _sign_in(self) -> None:
        pair = base64.b64encode(f"admin:{self._password}".encode()).decode()
        self.basic = Target(self.port, f"Authorization: Basic {pair}\r\n".encode())
        path = f"/v2/token?service=berth&scope=repository:{NAME}:pull,push"
        with Connection(self.basic) as connection:
            answer = connection.ask(self.basic.head("GET", path), expect=200, keep=True)
        token = json.loads(answer.body)["token"]
        self.target = Target(self.port, f"Authorization: Bearer {token}\r\n".encode())

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()
