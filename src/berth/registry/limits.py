"""How much one request may ask for."""

from collections.abc import Sequence

from berth.words.errors import FieldInvalid

MAX_ITEMS = 50
"""Things that one request locks, deletes or restores."""


def at_most(field: str, items: Sequence[object], limit: int = MAX_ITEMS) -> None:
    """Raises `FieldInvalid`, which names the limit."""
    if not items:
        raise FieldInvalid(field, "it must name at least one")
    if len(items) > limit:
        raise FieldInvalid(field, f"at most {limit} in one request, these are {len(items)}")
