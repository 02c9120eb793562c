"""Content digests (OCI image-spec, descriptor, section Digests)."""

import hashlib
import re
from dataclasses import dataclass
from typing import Protocol

from berth.words.errors import DigestInvalid

LENGTHS = {"sha256": 64, "sha512": 128}
"""The algorithms Berth takes, with the length of their hex form."""

_HEX = re.compile(r"[0-9a-f]+")


class Hash(Protocol):
    """The part of a `hashlib` object that is used here."""

    @property
    def name(self) -> str: ...
    def update(self, data: bytes | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Digest:
    algorithm: str
    hex: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"


def parse(text: str) -> Digest:
    """Read `sha256:…` or `sha512:…`. Raises `DigestInvalid`."""
    algorithm, _, rest = text.partition(":")
    length = LENGTHS.get(algorithm)
    if length is None:
        raise DigestInvalid(text, f"the algorithm must be one of {', '.join(LENGTHS)}")
    if len(rest) != length or not _HEX.fullmatch(rest):
        raise DigestInvalid(text, f"{algorithm} is followed by {length} lower-case hex digits")
    return Digest(algorithm, rest)


def new(algorithm: str) -> Hash:
    """A running hash for an algorithm of `LENGTHS`. Raises `DigestInvalid`."""
    if algorithm not in LENGTHS:
        raise DigestInvalid(algorithm, f"the algorithm must be one of {', '.join(LENGTHS)}")
    return hashlib.new(algorithm, usedforsecurity=False)


def of(content: bytes, algorithm: str = "sha256") -> Digest:
    hash_ = new(algorithm)
    hash_.update(content)
    return Digest(algorithm, hash_.hexdigest())
