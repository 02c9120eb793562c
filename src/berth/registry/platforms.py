"""The platform an image says it is for, read from its config when it is pushed."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, insert

from berth.db.tables import manifest_platform
from berth.people.access import Place
from berth.registry import blobs, images
from berth.site import Site
from berth.words.errors import BlobUnknown, ImageUnknown
from berth.words.manifest import Document
from berth.words.names import ImagePath

MAX_CONFIG = 1024 * 1024
"""Configs larger than this are not read."""

IMAGE_CONFIGS = frozenset(
    {"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"}
)


def of(site: Site, place: Place, path: ImagePath, document: Document) -> str | None:
    """`linux/amd64`, `linux/arm/v7` and the like; None for what is not an image or does not say.

    It reads bytes, so it is called before the transaction of the push begins.
    """
    config = document.config
    if config is None or config.media_type not in IMAGE_CONFIGS or config.size > MAX_CONFIG:
        return None
    try:
        with site.db.read() as tx:
            key, size = blobs.key_and_size(tx, images.holding(tx, place, path), config.digest)
        with site.blobs.open(key) as stored:
            return _platform(json.loads(stored.read(0, min(size, MAX_CONFIG))))
    except (BlobUnknown, ImageUnknown, KeyError, ValueError, RecursionError):
        return None


def remember(tx: Connection, image_id: int, manifest_id: int, platforms: Iterable[str]) -> None:
    """Let lists be filtered by what a digest that was added just now is for."""
    rows = [{"manifest_id": manifest_id, "platform": each, "image_id": image_id} for each in dict.fromkeys(platforms)]
    if rows:
        tx.execute(insert(manifest_platform), rows)


def _platform(facts: Any) -> str | None:  # Any: JSON from outside
    if not isinstance(facts, dict):
        return None
    words = [facts.get(name) for name in ("os", "architecture", "variant")]
    known = [word for word in words if isinstance(word, str) and word.isascii() and word.isprintable() and word]
    return "/".join(known)[:255] or None
