"""Names of a layer as paths of the image, and many paths in little memory."""

import base64
import sys
from array import array
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Self


def decoded(name: bytes) -> str:
    """What is no UTF-8 stays visible and different: a backslash, an x, two digits."""
    return name.decode("utf-8", "backslashreplace")


def normal(name: bytes, longest: int, deepest: int) -> str | None:
    """The path without a slash at its beginning, empty for the root; None for what leads out of it or is no path."""
    if b"\0" in name or len(name) > longest:
        return None
    parts: list[str] = []
    for part in decoded(name).split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts) if len(parts) <= deepest else None


def above(path: str) -> Iterator[str]:
    """The directories a path lies in, the nearest first, and the root as an empty path."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def key(path: str) -> int:
    """A number for a path. Two paths share one only if somebody has searched for them."""
    return int.from_bytes(blake2b(path.encode(), digest_size=8).digest())


class Keys:
    """The keys of many paths: two million of them take 16 MB, where their texts would take hundreds."""

    def __init__(self, keys: Iterable[int] = ()) -> None:
        self._keys = array("Q", keys)

    def add(self, path: str) -> None:
        self._keys.append(key(path))

    def __iter__(self) -> Iterator[int]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keys) and set(self._keys) == set(other._keys)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def to_text(self) -> str:
        keys = array("Q", sorted(set(self._keys)))
        if sys.byteorder == "big":
            keys.byteswap()
        return base64.b64encode(keys.tobytes()).decode()

    @classmethod
    def from_text(cls, text: str) -> Self:
        keys = array("Q")
        keys.frombytes(base64.b64decode(text))
        if sys.byteorder == "big":
            keys.byteswap()
        return cls(keys)
