"""Digests, tags and what else several families speak of."""

from typing import Annotated

from pydantic import Field

from berth.doors.api.shapes.values import Text
from berth.registry.limits import MAX_ITEMS

DIGEST = "sha256:" + "4f" * 32
AT = "2026-01-31T12:00:00.000000Z"

Digest = Annotated[str, Field(pattern=r"^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$", examples=[DIGEST])]
Tag = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$", examples=["v1.2"])]
Digests = Annotated[list[Digest], Field(min_length=1, max_length=MAX_ITEMS)]
Tags = Annotated[list[Tag], Field(max_length=100)]
Renamed = Annotated[dict[Tag, Tag], Field(max_length=100)]
Reason = Annotated[Text, Field(max_length=255, examples=["in production"])]
DryRun = Annotated[bool, Field(description="Only say what would happen.")]
