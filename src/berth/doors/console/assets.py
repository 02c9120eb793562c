"""Files of the console that never change: each has its own content in its address, so browsers keep them for good."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from berth.doors.http import Answer

FOLDER = Path(__file__).parent / "static"
PREFIX = "/console/static/"
FOREVER = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}
SQUEEZED = (".js", ".css", ".svg")
BUNDLES = {"console.js": "script/*.js", "console.css": "style/*.css"}
"""Small files that are written apart and sent as one, in the order of their names."""


@dataclass(frozen=True)
class Asset:
    media_type: str
    body: bytes
    squeezed: bytes | None


@cache
def version() -> str:
    """A hash of all files; their addresses have it, so that one may name another beside it."""
    every = hashlib.sha256()
    for name, asset in sorted(_all().items()):
        every.update(f"{name}\0{len(asset.body)}\0".encode() + asset.body)
    return every.hexdigest()[:12]


def address(name: str) -> str:
    """Raises `KeyError` for a file that there is not."""
    _all()[name]
    return f"{PREFIX}{version()}/{name}"


def answer(path: str, *, gzipped: bool) -> Answer | None:
    """The file at an address; None where there is none, or it was of another release."""
    given, _, name = path.removeprefix(PREFIX).partition("/")
    asset = _all().get(name) if given == version() else None
    if asset is None:
        return None
    headers = [("Content-Type", asset.media_type), ("Cache-Control", FOREVER), ("X-Content-Type-Options", "nosniff")]
    if asset.squeezed is None:
        return Answer(200, headers, asset.body)
    headers.append(("Vary", "Accept-Encoding"))
    if not gzipped:
        return Answer(200, headers, asset.body)
    return Answer(200, [*headers, ("Content-Encoding", "gzip")], asset.squeezed)


@cache
def _all() -> dict[str, Asset]:
    """By their names: those that are sent as they are, and the bundles."""
    files = (*FOLDER.glob("*.*"), *(path for path in (FOLDER / "vendor").iterdir() if path.suffix != ".json"))
    found = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in files}
    for name, pattern in BUNDLES.items():
        found[name] = b"".join(map(_part, sorted(FOLDER.glob(pattern), key=_order)))
    return {name: _asset(name, body) for name, body in found.items()}


def _order(path: Path) -> tuple[bool, str]:
    """Tokens come before what uses them."""
    return path.stem != "tokens", path.name


def _part(path: Path) -> bytes:
    """A script has its names to itself."""
    body = path.read_bytes()
    return b"{\n" + body + b"}\n" if path.suffix == ".js" else body


def _asset(name: str, body: bytes) -> Asset:
    suffix = PurePosixPath(name).suffix
    media_type = TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(media_type, body, gzip.compress(body, 9, mtime=0) if suffix in SQUEEZED else None)
