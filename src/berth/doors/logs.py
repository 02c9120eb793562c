"""Logs: one JSON object a line, on standard output, with the request id that also went to the client.

Access lines are collected and written together a few times a second, so that no request waits for a pipe.
"""

import itertools
import json
import logging
import secrets
import sys
import threading
import time
from typing import Any, TextIO

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from berth.db import documents
from berth.settings import Settings
from berth.words import time as instants

REQUEST_ID = b"x-request-id"
LONGEST_ID = 64
QUIET = frozenset({"/healthz", "/readyz"})
"""Asked for every few seconds; logged only when something is wrong."""
FLUSH_AT = 200
ERRORS = 500


def configure(settings: Settings) -> None:
    """Set up logging for this process."""
    renderer: Any = structlog.processors.JSONRenderer()  # Any: structlog's processors share no type
    if settings.log_format == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
    logging.basicConfig(handlers=[_Forward()], level=logging.WARNING, force=True)


class _Forward(logging.Handler):
    """Lines of libraries, in the shape of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        facts = {"exception": self.format(record)} if record.exc_info else {}
        structlog.get_logger(record.name).log(record.levelno, record.getMessage(), **facts)


class AccessLog:
    """Lines waiting to be written."""

    def __init__(self, settings: Settings, out: TextIO | None = None) -> None:
        self._on = settings.log_level in ("debug", "info")
        self._json = settings.log_format == "json"
        self._out = out or sys.stdout
        self._lines: list[str] = []
        self._lock = threading.Lock()

    def add(self, facts: dict[str, Any]) -> None:  # Any: JSON values
        if not self._on:
            return
        self._lines.append(_document(facts) if self._json else " ".join(f"{n}={value}" for n, value in facts.items()))
        if len(self._lines) >= FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, []
            if lines:
                self._out.write("\n".join(lines) + "\n")
                self._out.flush()


class Logged:
    """Wraps an application: gives each request its id, answers with it, and writes an access line."""

    def __init__(self, app: ASGIApp, access: AccessLog) -> None:
        self._app = app
        self._access = access
        self._start = secrets.token_hex(4)
        self._count = itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _own_id(scope) or f"{self._start}{next(self._count) & 0xFFFFFFFF:08x}"
        scope["berth.request_id"] = request_id
        began, status, size = time.perf_counter(), 0, 0

        async def watched(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (REQUEST_ID, request_id.encode())]
            else:
                size += message["count"] if "count" in message else len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            if scope["path"] not in QUIET or status >= ERRORS:
                self._write(scope, request_id, status, size, time.perf_counter() - began)

    def _write(self, scope: Scope, request_id: str, status: int, size: int, seconds: float) -> None:
        """A status of 0 says that nobody was answered."""
        self._access.add(
            {
                "timestamp": instants.text(instants.now()),
                "level": "info",
                "event": "request",
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "bytes": size,
                "ms": round(seconds * 1000, 2),
                "client": scope["client"][0] if scope.get("client") else "",
                "request_id": request_id,
            }
        )


def _document(facts: dict[str, Any]) -> str:  # Any: JSON values
    """In ASCII, for a path can hold what a terminal obeys."""
    line = documents.dumps(facts)
    return line if line.isascii() else json.dumps(facts)


def _own_id(scope: Scope) -> str | None:
    """The client's own, if it is short and plain."""
    for name, value in scope["headers"]:
        if name == REQUEST_ID and 0 < len(value) <= LONGEST_ID and value.isalnum():
            return str(value.decode("latin-1"))
    return None
