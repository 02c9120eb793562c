"""What a package manager's files are read with: one `Reader` for each kind of file, and what it tells.

A reader sees one file at a time and never the image, so what it tells can be kept with the layer the file lies in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from berth.scan.inventory import Gap, OperatingSystem, Package

HEAD = 64
"""So many first bytes of a file are shown to `Reader.wants`."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What one file of an image tells. `path` is set in its packages, their `layer` is not."""

    packages: tuple[Package, ...] = ()
    os: OperatingSystem | None = None
    owns: tuple[str, ...] = ()
    """Paths, of those that a reader of language packages wants, that belong to packages of the system."""
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    name: str
    wants: Callable[[str, bytes], bool]
    """Whether it reads the file of this path (no slash at its beginning) that begins with these bytes."""
    limit: int
    """Bytes of a file that are read; what is longer is cut there and told as a gap."""
    read: Callable[[str, BinaryIO], Contents]
    """Of a path and its bytes, a seekable file at its beginning. What is damaged becomes a gap, never an exception."""
