"""What a site holds: rows and objects, as the sweep left them."""

import uuid

from sqlalchemy import func, select

from berth.blobs import key_of
from berth.db.tables import blob, ended_upload, image_blob
from berth.registry import tickets
from berth.site import Site
from berth.words import digest


def keys(site: Site) -> set[str]:
    """The objects that rows speak of."""
    with site.db.read() as tx:
        return set(tx.scalars(select(blob.c.key)))


def objects(site: Site) -> set[str]:
    return {stored.name for stored in site.blobs.objects()}


def uploads(site: Site) -> tuple[int, set[str]]:
    """Rows of uploads that ended, and the uploads that the store has."""
    with site.db.read() as tx:
        rows = tx.scalar(select(func.count()).select_from(ended_upload)) or 0
    return rows, {stored.name for stored in site.blobs.uploads()}


def holds(site: Site) -> set[tuple[int, str]]:
    with site.db.read() as tx:
        return {(row.image_id, row.digest) for row in tx.execute(select(image_blob))}


def leave_object(site: Site, content: bytes) -> str:
    """What a crash leaves after bytes and before rows, or after rows and before bytes."""
    upload_id = str(uuid.uuid4())
    key = key_of(digest.of(content), upload_id)
    with site.blobs.append(upload_id, new=True) as part:
        part.write(content)
        part.seal(key)
    return key


def leave_upload(site: Site, content: bytes) -> str:
    """What a client leaves that began an upload and never came back."""
    upload_id = tickets.issue(site, 1, "main/apps/web", "sha256", at=site.now())
    with site.blobs.append(upload_id, new=True) as part:
        part.write(content)
    return upload_id
