"""What a digest is, from its manifest's own words: an image, an index of others, or some other artifact."""

from typing import Literal, get_args

from berth.registry.platforms import IMAGE_CONFIGS
from berth.words.manifest import INDEXES

Kind = Literal["image", "index", "artifact"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def of(media_type: str, config_type: str | None) -> Kind:
    if media_type in INDEXES:
        return "index"
    return "image" if config_type in IMAGE_CONFIGS else "artifact"
