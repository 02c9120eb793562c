"""The configuration of a scanner, from the JSON object that an operator writes in a setting.

    {"kind": "trivy", "binary": "/usr/bin/trivy", "cache": "/var/cache/trivy"}
    {"kind": "trivy", "binary": "/usr/bin/trivy", "server": "https://trivy:4954", "token": "..."}
    {"kind": "grype", "binary": "/usr/bin/grype", "cache": "/var/cache/grype", "sha256": "...", "user": "scanner"}
    {"kind": "harbor", "url": "https://adapter:8080", "authorization": "Bearer ...", "ca": "/etc/adapter.pem"}

Each may have a `name`, else it is called by its kind, and `timeout_seconds`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from berth.scan.results import BUILTIN

DEFAULT_SECONDS = 600.0
MOST_SECONDS = 86_400

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_USER = re.compile(r"[a-z_][a-z0-9_.-]{0,31}")
_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_MAX_TEXT = 4_096
_MAX_CERTIFICATES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Program:
    """What is run, and as whom."""

    path: Path
    sha256: str = ""
    """What its bytes must hash to; empty: whatever."""
    user: str = ""
    """As whom it runs; empty: as Berth itself does."""


@dataclass(frozen=True, slots=True)
class Trivy:
    name: str
    program: Program
    server: str = ""
    """Where its vulnerabilities come from; empty: from its own database in `cache`."""
    token: str = field(default="", repr=False)
    cache: Path | None = None
    timeout_seconds: float = DEFAULT_SECONDS


@dataclass(frozen=True, slots=True)
class Grype:
    name: str
    program: Program
    cache: Path
    """The folder with its database."""
    timeout_seconds: float = DEFAULT_SECONDS


@dataclass(frozen=True, slots=True)
class Harbor:
    name: str
    url: str
    authorization: str = field(default="", repr=False)
    """The header as it is sent: `Bearer ...`, `Basic ...`."""
    ca: str = ""
    """Whom its certificate comes from: a file of PEM, or PEM itself; empty: whomever the system trusts."""
    timeout_seconds: float = DEFAULT_SECONDS


Configured = Trivy | Grype | Harbor
Read = TypeVar("Read")


def parse(document: object) -> Configured:
    """Raises `ValueError`, which names the field; it never shows what stands in it, for that may be a secret."""
    if not isinstance(document, dict):
        raise ValueError("a scanner is a JSON object")  # noqa: TRY004  the promise is one kind of error
    fields = _Fields(document)
    kind = fields.take("kind", _text)
    make = _KINDS.get(kind or "")
    if make is None:
        raise ValueError(f"kind: one of {', '.join(_KINDS)}")
    made = make(fields, fields.take("name", _name) or str(kind))
    fields.nothing_is_left(str(kind))
    return made


class _Fields:
    """Of an object, each taken once."""

    def __init__(self, document: dict[Any, Any]) -> None:  # Any: JSON from outside
        self._left = {name: value for name, value in document.items() if value is not None}

    def take(self, name: str, read: Callable[[object], Read]) -> Read | None:
        """None when it is not there."""
        if name not in self._left:
            return None
        try:
            return read(self._left.pop(name))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None

    def need(self, name: str, read: Callable[[object], Read], why: str) -> Read:
        taken = self.take(name, read)
        if taken is None:
            raise ValueError(f"{name}: {why}")
        return taken

    def nothing_is_left(self, kind: str) -> None:
        for name in self._left:
            raise ValueError(f"{str(name)[:80]}: a scanner of the kind {kind} has no such field")


def _trivy(fields: _Fields, name: str) -> Trivy:
    made = Trivy(
        name=name,
        program=_program(fields),
        server=fields.take("server", _url) or "",
        token=fields.take("token", _header) or "",
        cache=fields.take("cache", _path),
        timeout_seconds=_seconds_of(fields),
    )
    if not made.server and made.cache is None:
        raise ValueError("cache: the folder with Trivy's database; only one that asks a server needs none")
    if made.token and not made.server:
        raise ValueError("token: it is for a server, and there is none")
    return made


def _grype(fields: _Fields, name: str) -> Grype:
    return Grype(
        name=name,
        program=_program(fields),
        cache=fields.need("cache", _path, "the folder with Grype's database is needed"),
        timeout_seconds=_seconds_of(fields),
    )


def _harbor(fields: _Fields, name: str) -> Harbor:
    return Harbor(
        name=name,
        url=fields.need("url", _url, "the address of the adapter is needed"),
        authorization=fields.take("authorization", _header) or "",
        ca=fields.take("ca", _certificates) or "",
        timeout_seconds=_seconds_of(fields),
    )


_KINDS: dict[str, Callable[[_Fields, str], Configured]] = {"trivy": _trivy, "grype": _grype, "harbor": _harbor}


def _program(fields: _Fields) -> Program:
    return Program(
        path=fields.need("binary", _path, "the path of the program is needed; Berth does not download it"),
        sha256=fields.take("sha256", _sha256) or "",
        user=fields.take("user", _user) or "",
    )


def _seconds_of(fields: _Fields) -> float:
    return fields.take("timeout_seconds", _seconds) or DEFAULT_SECONDS


def _text(value: object, most: int = _MAX_TEXT) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most:
        raise ValueError(f"a text of 1 to {most} characters")
    return value


def _name(value: object) -> str:
    name = _text(value)
    if not _NAME.fullmatch(name) or name == BUILTIN:
        raise ValueError(f"1 to 63 of a-z, 0-9, '.', '_' and '-', and not {BUILTIN!r}")
    return name


def _path(value: object) -> Path:
    path = Path(_text(value))
    if not path.is_absolute() or not str(path).isprintable():
        raise ValueError("an absolute path")
    return path


def _user(value: object) -> str:
    user = _text(value)
    if not _USER.fullmatch(user):
        raise ValueError("the name of a user of this machine")
    return user


def _sha256(value: object) -> str:
    found = _SHA256.fullmatch(_text(value).lower())
    if found is None:
        raise ValueError("64 hex digits")
    return found[1]


def _header(value: object) -> str:
    header = _text(value)
    if not header.isascii() or not header.isprintable() or header != header.strip():
        raise ValueError("printable ASCII on one line, without spaces around it")
    return header


def _url(value: object) -> str:
    url = _text(value)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("an address that begins with http:// or https://")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("an address without a user, a query or a fragment")
    return url.rstrip("/")


def _certificates(value: object) -> str:
    ca = _text(value, _MAX_CERTIFICATES)
    return ca if "-----BEGIN CERTIFICATE-----" in ca else str(_path(ca))


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= MOST_SECONDS:
        raise ValueError(f"a number of seconds from 1 to {MOST_SECONDS}")
    return float(value)
