"""Pulling as a client does: a manifest and all that it reaches, each byte compared with its digest."""

from berth.registry import blobs, images, manifests
from berth.site import Site
from berth.words import digest
from berth.words import manifest as words
from berth.words.digest import Digest
from berth.words.names import Reference
from tests.make import Target


def pull(target: Target, reference: Reference) -> dict[str, bytes]:
    """All that a tag or digest reaches. Raises, or fails, when anything is missing or wrong."""
    with target.site.db.read() as tx:
        found = manifests.find(tx, images.find(tx, target.place, target.path), reference)
    content = digest.parse(found.digest)
    assert digest.of(found.body, content.algorithm) == content
    document = words.parse(found.media_type, found.body)
    pulled = {found.digest: found.body}
    for part in document.blobs:
        pulled[str(part.digest)] = blob(target, part.digest)
    for child in document.children:
        pulled.update(pull(target, child.digest))
    return pulled


def blob(target: Target, content: Digest) -> bytes:
    with target.site.db.read() as tx:
        found = images.holding(tx, target.place, target.path)
        key, size = blobs.key_and_size(tx, found, content)
    read = stored(target.site, key)
    assert len(read) == size
    assert digest.of(read, content.algorithm) == content
    return read


def stored(site: Site, key: str) -> bytes:
    with site.blobs.open(key) as readable:
        return readable.read(0, readable.size)
