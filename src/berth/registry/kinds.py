"""What a digest is, from its manifest's own words: an image, an index of others, or some other artifact."""

from typing import Literal, get_args

from berth.registry.platforms import IMAGE_CONFIGS
from berth.words.manifest import INDEXES, Document

Kind = Literal["image", "index", "artifact"]
KINDS: tuple[Kind, ...] = get_args(Kind)

FILE_SYSTEMS = ("application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.")
"""How the media types of layers begin that are laid over each other."""


def of(document: Document) -> Kind:
    """A signature or an attestation may have the config of an image, but none of its layers is of a file system."""
    if document.media_type in INDEXES:
        return "index"
    if document.config is None or document.config.media_type not in IMAGE_CONFIGS:
        return "artifact"
    layers = [layer.media_type.startswith(FILE_SYSTEMS) for layer in document.layers]
    return "image" if any(layers) or not layers else "artifact"
