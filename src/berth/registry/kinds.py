"""What a digest is, from its manifest's own words: an image, an index of others, or some other artifact."""

import re
from typing import Literal, get_args

from berth.registry.platforms import IMAGE_CONFIGS
from berth.words.manifest import DOCKER_MANIFEST, INDEXES, Document

Kind = Literal["image", "index", "artifact"]
KINDS: tuple[Kind, ...] = get_args(Kind)

FILE_SYSTEMS = ("application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.")
"""How the media types of layers begin that are laid over each other."""
DOCUMENTS = ("json", "xml")
"""How the media types of what is read and not laid over each other end; text is read too."""
NAMELESS = frozenset({"application/octet-stream", "application/json", "text/html"})
"""Configs that say nothing: with layers of a file system Docker takes them for those of images."""
PLUGIN = "application/vnd.docker.plugin.v1+json"


def of(document: Document) -> Kind:
    """A signature or an attestation may have the config of an image, but all of its layers are documents.

    What clients run as an image is one, whatever it calls itself: of Docker's manifests they do not ask for the
    config's type at all, and below the config of an image Podman lays layers of any type over each other.
    """
    if document.media_type in INDEXES:
        return "index"
    config = "" if document.config is None else _plain(document.config.media_type)
    layers = [_plain(layer.media_type) for layer in document.layers]
    if config in IMAGE_CONFIGS:
        return "artifact" if layers and all(map(_is_read, layers)) else "image"
    run = config in NAMELESS or (document.media_type == DOCKER_MANIFEST and config != PLUGIN)
    return "image" if run and any(layer.startswith(FILE_SYSTEMS) for layer in layers) else "artifact"


def _is_read(layer: str) -> bool:
    kind, _, name = layer.partition("/")
    return kind == "text" or re.split("[+.]", name)[-1] in DOCUMENTS


def _plain(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
