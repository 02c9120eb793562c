"""Takes a hostile layer from a file, and says what came of it and the most memory the child took.

A program of its own, because a process counts the memory of its parent for its own until it has started.
"""

import gzip
import json
import resource
import sys
import tarfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import zstandard

from berth.scan.apart import LayerInput, Limits, take
from berth.scan.failed import ScanFailed
from tests.scan.layers.archives import GZIP, file, hardlink, symlink, tar, zstd
from tests.scan.secrets.shapes import GITHUB
from tests.scan.taking.images import Blob

MIB = 1 << 20
STATUS = "var/lib/dpkg/status"


@cache
def zeros() -> bytes:
    """64 MiB of them."""
    return gzip.compress(bytes(64 * MIB))


def claimed(name: str, size: int, kind: bytes = b"0") -> bytes:
    """The header of an entry with so many bytes."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.type = size, kind
    return entry.tobuf(tarfile.GNU_FORMAT)


def gzip_bomb() -> bytes:
    return gzip.compress(claimed("zeros", 20 << 30)) + zeros() * 40


def zstd_bomb() -> bytes:
    return zstd(claimed("zeros", 20 << 30)) + zstandard.compress(bytes(64 * MIB)) * 40


def pax_bomb() -> bytes:
    return gzip.compress(claimed("x", 200 * MIB, b"x")) + zeros() * 4


def long_name_bomb() -> bytes:
    return gzip.compress(claimed("x", 200 * MIB, b"L")) + zeros() * 4


def pax_headers_without_end() -> bytes:
    record = b"%d path=%s\n"
    body = record % (1000, b"a" * (1000 - len(b"1000 path=\n")))
    return gzip.compress((claimed("x", len(body), b"x") + body + bytes(24)) * 30_000)


def many_entries() -> bytes:
    return gzip.compress(b"".join(claimed(f"{number:07}/{'d' * 60}", 0) for number in range(20_000)))


def many_links() -> bytes:
    links = (symlink(f"{number:07}", "x" * 90)[0].tobuf(tarfile.GNU_FORMAT) for number in range(20_000))
    return gzip.compress(b"".join(links) + bytes(1024))


def names_that_lead_out() -> bytes:
    names = (claimed(f"../../etc/{number}", 0) for number in range(20_000))
    return gzip.compress(b"".join(names) + bytes(1024))


def link_loop() -> bytes:
    circle = [symlink(f"l{number}", f"l{(number + 1) % 20}") for number in range(20)]
    return gzip.compress(tar(symlink(STATUS, "/l0"), symlink("etc/os-release", "os-release"), *circle))


def links_to_the_host() -> bytes:
    links = [symlink(STATUS, "/etc/passwd"), hardlink("lib/apk/db/installed", "/etc/passwd")]
    return gzip.compress(tar(*links, symlink("etc/os-release", "/../../../../../../etc/os-release")))


def huge_database() -> bytes:
    return gzip.compress(claimed(STATUS, 640 * MIB)) + zeros() * 10 + gzip.compress(bytes(1024))


def huge_text() -> bytes:
    text = b"-----BEGIN PRIVATE KEY-----\n" * 300_000
    return gzip.compress(tar(*(file(f"{number}.pem", text) for number in range(4))))


def many_secrets() -> bytes:
    return gzip.compress(tar(file("x.env", (GITHUB.encode() + b"\n") * 100_000)))


def garbage() -> bytes:
    return b"\x1f\x8b\x08" + bytes(range(256)) * 4000


def tiny_members() -> bytes:
    """Each costs much more than its length."""
    return gzip.compress(claimed("x", 1 << 30)) + gzip.compress(b"") * 200_000


ALL: dict[str, tuple[Callable[[], bytes], Limits]] = {
    "gzip-bomb": (gzip_bomb, Limits(layer_bytes=2 << 30)),
    "zstd-bomb": (zstd_bomb, Limits(layer_bytes=2 << 30)),
    "pax-bomb": (pax_bomb, Limits()),
    "long-name-bomb": (long_name_bomb, Limits()),
    "pax-headers-without-end": (pax_headers_without_end, Limits(layer_bytes=30 * MIB)),
    "many-entries": (many_entries, Limits(entries=15_000)),
    "many-links": (many_links, Limits(links=15_000)),
    "names-that-lead-out": (names_that_lead_out, Limits()),
    "link-loop": (link_loop, Limits()),
    "links-to-the-host": (links_to_the_host, Limits()),
    "huge-database": (huge_database, Limits()),
    "huge-text": (huge_text, Limits()),
    "many-secrets": (many_secrets, Limits()),
    "garbage": (garbage, Limits()),
    "tiny-members": (tiny_members, Limits()),
    "no-time": (gzip_bomb, Limits(cpu_seconds=1)),
    "no-wall-time": (gzip_bomb, Limits(wall_seconds=0.5)),
    "no-memory": (huge_database, Limits(memory_bytes=100 * MIB, held_bytes=1 << 30)),
}


def told(name: str, layer: Path) -> Iterator[tuple[str, object]]:
    blob = Blob(layer.read_bytes())
    try:
        found = take(
            [LayerInput("sha256:a", GZIP, blob.size, lambda: blob, None)], b"{}", limits=ALL[name][1]
        ).inventory
    except ScanFailed as failed:
        yield "failed", failed.code
    else:
        yield "gaps", [gap.code for gap in found.gaps]
        yield "packages", len(found.packages)
        yield "secrets", len(found.secrets)
    yield "mib", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


if __name__ == "__main__":
    print(json.dumps(dict(told(sys.argv[1], Path(sys.argv[2])))))
