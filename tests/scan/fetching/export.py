"""An export as OSV publishes one, in a folder, and a real server that serves it and can be told to do it badly."""

import contextlib
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from berth.scan.fetching.pace import Pace

JSON = dict[str, Any]  # Any: a JSON object

Answer = Callable[[BaseHTTPRequestHandler], None]


class Export:
    """Records by ecosystem. `publish` writes what they have become; the same records make the same bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records: dict[str, dict[str, JSON]] = {}

    def put(self, ecosystem: str, *records: JSON) -> None:
        self.records.setdefault(ecosystem, {}).update({each["id"]: each for each in records})

    def remove(self, ecosystem: str, name: str) -> None:
        del self.records[ecosystem][name]

    def publish(self) -> None:
        for ecosystem, records in self.records.items():
            place = self.folder / ecosystem
            place.mkdir(parents=True, exist_ok=True)
            for old in place.iterdir():
                old.unlink()
            with zipfile.ZipFile(place / "all.zip", "w", zipfile.ZIP_DEFLATED) as members:
                for name, record in records.items():
                    (place / f"{name}.json").write_text(json.dumps(record))
                    members.writestr(zipfile.ZipInfo(f"{name}.json"), json.dumps(record))
            newest = sorted(records.values(), key=lambda each: str(each["modified"]), reverse=True)
            (place / "modified_id.csv").write_text("".join(f"{each['modified']},{each['id']}\n" for each in newest))


@dataclass
class Served:
    url: str
    asked: list[str] = field(default_factory=list)
    """The paths that were asked for, as they came."""
    instead: dict[str, Answer] = field(default_factory=dict)
    """By path, what is answered instead of the file."""
    sent: list[dict[str, str]] = field(default_factory=list)
    """The headers of each request."""
    released: threading.Event = field(default_factory=threading.Event)

    def forget(self) -> None:
        self.asked.clear()
        self.sent.clear()

    def hang(self, _: BaseHTTPRequestHandler) -> None:
        """Say nothing until the test is over."""
        self.released.wait()


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Served]:
    state = Served("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            state.asked.append(unquote(self.path).removeprefix("/"))
            state.sent.append({key.lower(): value for key, value in self.headers.items()})
            say = state.instead.get(state.asked[-1], partial(_file, folder))
            with contextlib.suppress(ConnectionError):
                say(self)

        def log_message(self, *_: object) -> None:
            """Tests read what is asserted."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _file(folder: Path, handler: BaseHTTPRequestHandler) -> None:
    path = folder / unquote(handler.path).removeprefix("/")
    if not path.is_file():
        return answer(404)(handler)
    body = path.read_bytes()
    tag = f'"{hash(body):x}"'
    if handler.headers.get("If-None-Match") == tag:
        return answer(304)(handler)
    return answer(200, body, ETag=tag)(handler)


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in {"Content-Length": str(len(body)), **named}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return say


def then(*answers: Answer) -> Answer:
    """One after the other; the last one for ever."""
    left = list(answers)

    def say(handler: BaseHTTPRequestHandler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return say


@dataclass
class Waited:
    """Pauses that were asked for; none is made."""

    pauses: list[float] = field(default_factory=list)

    def pace(self, **given: Any) -> Pace:  # Any: fields of the pace
        return Pace(**{"silent_seconds": 5.0, "clock": time.monotonic, "sleep": self.pauses.append, **given})
