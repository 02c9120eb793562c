"""What the shapes are made of."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from berth.words import names, time


class Given(BaseModel):
    """What comes in: exactly the fields that are promised, each of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Shown(BaseModel):
    """What goes out. Every field is always there."""

    model_config = ConfigDict(from_attributes=True, json_schema_serialization_defaults_required=True)


class Page(Shown):
    """What every page of a list has beside its items."""

    next: Annotated[str | None, Field(description="The cursor of the next page; null on the last one.")]


def _is_text(value: Any) -> Any:  # Any: JSON
    if not isinstance(value, str) or "T" not in value:
        raise ValueError("a time reads like 2026-01-31T12:00:00Z")
    return value


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time has an offset or ends in Z")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("no such time in UTC") from None


_TIME = {"type": "string", "format": "date-time"}

Instant = Annotated[datetime, PlainSerializer(time.text, when_used="json"), WithJsonSchema(_TIME)]
"""Goes out in UTC, to the microsecond."""
Moment = Annotated[
    datetime,
    BeforeValidator(_is_text),
    AfterValidator(_in_utc),
    Field(strict=False),
    WithJsonSchema(_TIME),
]
"""Comes in with any offset."""

NO_NUL = r"^[^\x00]*$"
Text = Annotated[str, Field(pattern=NO_NUL)]
Description = Annotated[str, Field(pattern=NO_NUL, max_length=names.MAX_DESCRIPTION, examples=["Images of the shop"])]
Place = Annotated[str, Field(pattern=NO_NUL, max_length=60, examples=["main/apps"])]
