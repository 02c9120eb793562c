"""A database as many pushes would leave it: rows are written as the rooms write them, a few thousand at once.

    main/apps/large      one image with many tags, the one that is asked about
    main/apps/other/N    images of a hundred digests each, up to the number that is wanted in all

In each image every thousandth digest is a chart, an image for s390x, locked, or without a name; so is one of the
first hundred. All hold one layer, and each has a configuration of its own.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Table, func, insert, select, text

from berth import migrations
from berth.audit.events import Actor
from berth.db import Database
from berth.db.tables import (
    UNTAGGED,
    blob,
    image,
    image_blob,
    manifest,
    manifest_blob,
    manifest_body,
    manifest_platform,
    repository,
    tag,
    tag_gram,
    tag_history,
)
from berth.registry import registries, repositories
from berth.words import names

Values = dict[str, Any]  # Any: column values
Progress = Callable[[str], None]

NAME = "large"
OTHERS = 100
"""Digests of each other image."""
AT_ONCE = 5000
EVERY = 1000
CHART, FOREIGN, LOCKED, UNNAMED = 11, 22, 33, 44
"""What the digests with these numbers are, out of every thousand."""
LAYER_SIZE = 30 << 20
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
CHART_CONFIG = "application/vnd.cncf.helm.config.v1+json"
MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ACTOR = Actor("bench", "127.0.0.1")
MADE: Values = {"created_by": ACTOR.name, "edited_by": ACTOR.name}


@dataclass(frozen=True)
class Numbers:
    tags: int
    """In the large image."""
    digests: int
    """In all."""


def fill(url: str, numbers: Numbers, say: Progress) -> None:
    """Fill a database that is not there yet, or is empty."""
    with closing(Database(url)) as database:
        migrations.upgrade(database)
        repository_id = _repository(database)
        layer = _layer(database)
        sizes = [numbers.tags, *[OTHERS] * ((numbers.digests - numbers.tags) // OTHERS)]
        image_ids = _images(database, repository_id, len(sizes))
        rows = _digests(image_ids, sizes)
        done = 0
        while some := list(islice(rows, AT_ONCE)):
            _write(database, some, layer)
            done += len(some)
            say(f"{done:,} digests")
        _settle(database)


@dataclass(frozen=True)
class _Digest:
    image_id: int
    id: int
    number: int
    """In its image, from 0."""

    @property
    def body(self) -> bytes:
        return json.dumps({"schemaVersion": 2, "mediaType": MEDIA_TYPE, "config": self.config, "n": self.id}).encode()

    @property
    def config(self) -> str:
        return _digest(f"config {self.id}".encode())

    @property
    def name(self) -> str | None:
        """As releases are named; the last one of a hundred is named for what it is."""
        kind = self.number % EVERY
        if kind == UNNAMED:
            return None
        release = f"{self.number // 2500}.{self.number // 50 % 50}.{self.number % 50}"
        return f"{release}-candidate" if kind == CHART + 1 else release

    @property
    def at(self) -> datetime:
        return BEGIN + timedelta(seconds=self.id)


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _repository(database: Database) -> int:
    with database.write() as tx:
        registries.create(tx, ACTOR, "main", at=BEGIN)
        repositories.ensure(tx, ACTOR, "main", "apps", at=BEGIN)
        return repositories.find(tx, "main", "apps").id


def _layer(database: Database) -> str:
    digest = _digest(b"layer")
    with database.write() as tx:
        tx.execute(insert(blob).values(digest=digest, size=LAYER_SIZE, key="bench/layer", created_at=BEGIN))
    return digest


def _images(database: Database, repository_id: int, count: int) -> list[int]:
    with database.write() as tx:
        kept = tx.execute(select(repository).where(repository.c.id == repository_id)).mappings().one()
        policies = {name: value for name, value in kept.items() if name.startswith("policy_")}
        called = [NAME, *(f"other/{number}" for number in range(1, count))]
        at = {"born_at": BEGIN, "created_at": BEGIN, "edited_at": BEGIN}
        tx.execute(
            insert(image), [{"repository_id": repository_id, "name": n, **policies, **at, **MADE} for n in called]
        )
        return list(tx.scalars(select(image.c.id).order_by(image.c.id)))


def _digests(image_ids: list[int], sizes: list[int]) -> Iterator[_Digest]:
    manifest_id = 0
    for image_id, size in zip(image_ids, sizes, strict=True):
        for number in range(size):
            manifest_id += 1
            yield _Digest(image_id, manifest_id, number)


def _write(database: Database, some: list[_Digest], layer: str) -> None:
    named = [(each, name) for each in some if (name := each.name) is not None]
    written: list[tuple[Table, list[Values]]] = [
        (blob, [{"digest": d.config, "size": 2000, "key": f"bench/{d.id}", "created_at": d.at} for d in some]),
        (image_blob, [{"image_id": d.image_id, "digest": d.config, "renewed_at": d.at} for d in some]),
        (image_blob, [_held(layer, d) for d in some if d.number == 0]),
        (manifest, [_manifest(d) for d in some]),
        (manifest_platform, [_platform(d) for d in some if d.number % EVERY != CHART]),
        (manifest_body, [{"manifest_id": d.id, "body": d.body} for d in some]),
        (manifest_blob, [{"manifest_id": d.id, "digest": held} for d in some for held in (d.config, layer)]),
        (tag, [_tag(d, name) for d, name in named]),
        (tag_gram, [row for d, name in named for row in _grams(d, name)]),
        (tag_history, [_history(d, name) for d, name in named]),
    ]
    with database.write() as tx:
        for table, rows in written:
            if rows:
                tx.execute(insert(table), rows)


def _held(layer: str, digest: _Digest) -> Values:
    return {"image_id": digest.image_id, "digest": layer, "renewed_at": digest.at}


def _manifest(digest: _Digest) -> Values:
    kind, name = digest.number % EVERY, digest.name
    return {
        "id": digest.id,
        "image_id": digest.image_id,
        "digest": _digest(digest.body),
        "media_type": MEDIA_TYPE,
        "config_type": CHART_CONFIG if kind == CHART else IMAGE_CONFIG,
        "kind": "artifact" if kind == CHART else "image",
        "annotations": {"org.opencontainers.image.revision": digest.config[7:47]},
        "platforms": [] if kind == CHART else [_platform(digest)["platform"]],
        "size": len(digest.body),
        "total_size": LAYER_SIZE + len(digest.body) + 2000 + digest.id % 9973,
        "pulls": digest.id % 997,
        "pulled_at": digest.at + timedelta(days=1) if digest.id % 997 else None,
        "first_tag": UNTAGGED if name is None else names.natural(name),
        "locked_at": digest.at if kind == LOCKED else None,
        "locked_by": ACTOR.name if kind == LOCKED else "",
        "created_at": digest.at,
        "edited_at": digest.at,
        **MADE,
    }


def _tag(digest: _Digest, name: str) -> Values:
    at = {"created_at": digest.at, "edited_at": digest.at}
    where = {"image_id": digest.image_id, "manifest_id": digest.id}
    return {**where, "name": name, "natural": names.natural(name), **at, **MADE}


def _grams(digest: _Digest, name: str) -> list[Values]:
    return [{"image_id": digest.image_id, "gram": gram, "name": name} for gram in names.grams(name)]


def _platform(digest: _Digest) -> Values:
    platform = "linux/s390x" if digest.number % EVERY == FOREIGN else "linux/amd64"
    return {"manifest_id": digest.id, "platform": platform, "image_id": digest.image_id}


def _history(digest: _Digest, name: str) -> Values:
    what = {"image_id": digest.image_id, "name": name, "digest": _digest(digest.body)}
    return {**what, "at": digest.at, "by": ACTOR.name, "why": "push"}


def _settle(database: Database) -> None:
    """Rows were numbered here, so PostgreSQL is told where to go on, and to do now what autovacuum does in a minute."""
    if database.is_embedded:
        return
    with database.write() as tx:
        last = tx.scalar(select(func.max(manifest.c.id)))
        tx.execute(text("SELECT setval(pg_get_serial_sequence('manifest', 'id'), :last)"), {"last": last})
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
