"""A server over a filled database, and a person with one connection to it."""

import base64
import http.client
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from bench.client import Failed
from bench.processes import free_port

START_SECONDS = 60
FOLLOW_SECONDS = 600


class Door:
    def __init__(self, port: int, password: str) -> None:
        self.port, self.password = port, password
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        pair = base64.b64encode(f"admin:{password}".encode()).decode()
        self._fields = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}

    def ask(
        self, method: str, path: str, given: dict[str, Any] | None = None, expect: HTTPStatus = HTTPStatus.OK
    ) -> dict[str, Any]:  # Any: JSON values
        self._connection.request(method, path, None if given is None else json.dumps(given), self._fields)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != expect:
            raise Failed(f"{method} {path}: {answer.status} where {expect} was expected; {body[:500]!r}")
        found: dict[str, Any] = json.loads(body)  # Any: JSON values
        return found

    def close(self) -> None:
        """The next question opens a new connection."""
        self._connection.close()

    def follow(self, operation: str) -> None:
        """Wait for the end of an operation. Raises `Failed` when it has failed, or does not end."""
        ends = time.monotonic() + FOLLOW_SECONDS
        while time.monotonic() < ends:
            found = self.ask("GET", f"/api/v1/operations/{operation}")
            if found["state"] == "done":
                return
            if found["state"] == "failed":
                raise Failed(f"operation {operation}: {found}")
            time.sleep(0.005)
        raise Failed(f"operation {operation} does not end")


@contextmanager
def served(folder: Path, url: str) -> Iterator[Door]:
    """`berth serve` over this database, ready to be asked."""
    port, password = free_port(), secrets.token_hex(16)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BERTH_")}
    given = {"BERTH_ADMIN_PASSWORD": password, "BERTH_DATABASE_URL": url, "BERTH_ADVISORIES_HOURS": "0"}
    words = ["serve", "--data", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("berth")), *words],
            env=kept | given,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield _ready(Door(port, password), folder / "log")
        finally:
            process.terminate()
            process.wait()


def _ready(door: Door, log: Path) -> Door:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        try:
            door.ask("GET", "/api/v1/me")
        except OSError:
            door.close()
            time.sleep(0.05)
        else:
            return door
    raise Failed(f"berth did not start:\n{log.read_text()[-2000:]}")
