"""One image like a minimal Debian, scanned by the queue: claim, child process, matches, tally.

Its layer is a tar of 120 MB that packs to four tenths, as one does that `debootstrap` makes; its packages are those of
Debian 12. Beside it stands how long `gzip` takes to unpack the same bytes, for no scan can take less.
"""

import gzip
import io
import os
import random
import tarfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bench.client import Failed
from bench.processes import Watch, highest, tree
from berth import migrations
from berth.audit.events import Actor
from berth.registry import rows
from berth.scan import asking, importing, standing, working
from berth.scan.advisories import building
from berth.settings import Settings
from berth.site import Site, open_site
from berth.words import digest as digests
from tests import make
from tests.documents import Document
from tests.make import Target
from tests.scan import images
from tests.scan.advisories import osv

ACTOR = Actor("bench", "127.0.0.1")
SIZE = 120_000_000
PLACES = ("usr/lib/x86_64-linux-gnu", "usr/bin", "usr/share/doc", "usr/share/locale", "etc", "var/lib/dpkg/info")
WORDS = 3000
PIECE = 1 << 20
STATUS, RELEASE = "var/lib/dpkg/status", "usr/lib/os-release"


@dataclass(frozen=True)
class Scanned:
    seconds: float
    again: float
    """Of another image that has the same layer and one more."""
    mebibytes: float
    """The most memory that the child took."""
    findings: int
    gunzip: float
    """Seconds that the layer alone takes to be unpacked."""
    packed: int
    unpacked: int


def measured(folder: Path) -> Scanned:
    layer = _layer()
    with closing(_opened(folder)) as site:
        target = make.image(site, "main/apps/minbase")
        built = building.build(importing.folder_of(site), osv.everything())
        importing.put_in_force(site, built.path, ACTOR.name)
        first = images.push(target, layer)
        second = images.push(target, layer, images.layer({"srv/app": b"another image of the same base"}))
        began = time.perf_counter()
        unpacked = _unpacked(layer)
        gunzip = time.perf_counter() - began
        with _Children() as children:
            seconds = _scanned(site, target, first)
        again = _scanned(site, target, second)
        findings = _findings(site, target, first)
    return Scanned(seconds, again, max(children.mebibytes.values()), findings, gunzip, len(layer), unpacked)


def _opened(folder: Path) -> Site:
    site = open_site(Settings(data=folder))
    migrations.upgrade(site.db)
    return site


def _scanned(site: Site, target: Target, document: Document) -> float:
    with site.db.write() as tx:
        asking.by_hand(tx, target.for_push(tx), [digests.parse(document.digest)], ACTOR, at=site.now())
    began = time.perf_counter()
    if working.run_all(site) != 1:
        raise Failed("the queue had no scan, or more than one")
    return time.perf_counter() - began


def _findings(site: Site, target: Target, document: Document) -> int:
    with site.db.write() as tx:
        found = target.for_push(tx)
        row = rows.one(tx, found, digests.parse(document.digest), at=site.now())
        if row is None or (now := standing.of(tx, found, [row], at=site.now())[row.id]).counts is None:
            raise Failed("the scan came to no result")
    return now.counts.total


def _layer() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=6) as archive:
        for name, content in _files():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _files() -> Iterator[tuple[str, bytes]]:
    installed = images.packages("debian-12-minbase")
    yield RELEASE, images.DEBIAN_12
    yield STATUS, images.status(installed)
    chance, made = random.Random(1), 0  # noqa: S311  the same in every run
    words = [chance.randbytes(chance.randrange(3, 12)).hex().encode() for _ in range(WORDS)]
    for number in range(SIZE):
        if made >= SIZE:
            return
        place, package = PLACES[number % len(PLACES)], installed[number % len(installed)]["name"]
        size = min(int(chance.paretovariate(1.2) * 6000), PIECE * 2)
        content = _program(chance, size) if place.startswith(("usr/lib", "usr/bin")) else _text(chance, words, size)
        made += len(content) + 1024
        yield f"{place}/{package}-{number}{'.list' if 'dpkg' in place else ''}", content


def _program(chance: random.Random, size: int) -> bytes:
    """Half of it repeats, as the tables of a program do."""
    table = chance.randbytes(256)
    return (
        b"\x7fELF"
        + b"\0" * 60
        + b"".join(chance.randbytes(128) + table[chance.randrange(128) :][:128] for _ in range(size // 256))
    )


def _text(chance: random.Random, words: list[bytes], size: int) -> bytes:
    return b"/" + b"\n".join(b" ".join(chance.choices(words, k=8)) for _ in range(max(1, size // 120)))


def _unpacked(layer: bytes) -> int:
    """As `gunzip` does; returns how many bytes there are."""
    count = 0
    with gzip.GzipFile(fileobj=io.BytesIO(layer)) as stream:
        while piece := stream.read(PIECE):
            count += len(piece)
    return count


@dataclass
class _Children(Watch):
    """Looks at the processes that this one starts: the most memory of each, as last seen.

    As last seen, because until it has started a child has the memory of its parent.
    """

    every = 0.02
    mebibytes: dict[int, float] = field(default_factory=dict)

    def processes(self) -> Iterable[int]:
        return tree(os.getpid())[1:]

    def look(self, pid: int) -> None:
        if held := highest(pid):  # one that has ended and is not yet collected holds nothing
            self.mebibytes[pid] = held
