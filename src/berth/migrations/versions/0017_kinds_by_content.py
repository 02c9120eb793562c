"""What a digest is, told anew from its manifest: what was pushed earlier was told by fewer words than clients know.

The rules are those of `registry.kinds` as they are in this release. A stretch of manifests is read at a time.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

AT_ONCE = 1000
BYTES_AT_ONCE = 16 * 1024 * 1024
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
PLUGIN = "application/vnd.docker.plugin.v1+json"
CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
NAMELESS = ("application/octet-stream", "application/json", "text/html")
FILE_SYSTEMS = ("application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.")
DOCUMENTS = ("json", "xml")

MANIFEST = sa.table("manifest", *map(sa.column, ("id", "media_type", "kind", "size")))
BODY = sa.table("manifest_body", sa.column("manifest_id"), sa.column("body", sa.LargeBinary()))


def upgrade() -> None:
    bind = op.get_bind()
    for first, last in _stretches(bind):
        here = MANIFEST.c.id.between(first, last) & (MANIFEST.c.kind != "index")
        stored = sa.select(MANIFEST.c.id, MANIFEST.c.media_type, MANIFEST.c.kind, BODY.c.body).where(here)
        changed: dict[str, list[int]] = {"image": [], "artifact": []}
        for row in bind.execute(stored.join_from(MANIFEST, BODY, BODY.c.manifest_id == MANIFEST.c.id)):
            kind = _kind(row.media_type, row.body)
            if kind != row.kind:
                changed[kind].append(row.id)
        for kind, ids in changed.items():
            if ids:
                bind.execute(MANIFEST.update().where(MANIFEST.c.id.in_(ids)).values(kind=kind))


def _stretches(bind: sa.Connection) -> Iterator[tuple[int, int]]:
    """Of ids, in order: what is between two weighs little enough to be read together, unless it is a single one."""
    weights = sa.select(MANIFEST.c.id, MANIFEST.c.size).order_by(MANIFEST.c.id).limit(AT_ONCE)
    last = 0
    while some := bind.execute(weights.where(MANIFEST.c.id > last)).all():
        first, weight = some[0].id, 0
        for row in some:
            if weight + row.size > BYTES_AT_ONCE and weight:
                yield first, last
                first, weight = row.id, 0
            last, weight = row.id, weight + row.size
        yield first, last


def _kind(media_type: str, body: bytes) -> str:
    document = json.loads(body)
    config = _plain(document["config"]) if document.get("config") else ""
    layers = [_plain(layer) for layer in document.get("layers") or ()]
    if config in CONFIGS:
        return "artifact" if layers and all(map(_is_read, layers)) else "image"
    run = config in NAMELESS or (media_type == DOCKER_MANIFEST and config != PLUGIN)
    return "image" if run and any(each.startswith(FILE_SYSTEMS) for each in layers) else "artifact"


def _is_read(layer: str) -> bool:
    kind, _, name = layer.partition("/")
    return kind == "text" or re.split("[+.]", name)[-1] in DOCUMENTS


def _plain(part: dict[str, Any]) -> str:  # Any: JSON values
    return str(part.get("mediaType", "")).partition(";")[0].strip().lower()
