"""Pushing what commands then work on."""

from tests import documents
from tests.client import Image


def push(image: Image, seed: str, *tags: str) -> str:
    """A small image with these tags, or with none; returns its digest."""
    layer, config = f"layer {seed}".encode(), f'{{"seed": "{seed}"}}'.encode()
    image.push(layer)
    image.push(config)
    document = documents.manifest(config, [layer])
    for reference in tags or (document.digest,):
        assert image.put(reference, document).status_code == 201
    return str(document.digest)


def there(image: Image, reference: str) -> bool:
    return image.get(reference).status_code == 200


def points_at(image: Image, tag: str) -> str:
    digest: str = image.get(tag, "HEAD").headers["docker-content-digest"]
    return digest
