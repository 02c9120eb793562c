"""Which digests of an image may not be pulled as it is now, for lists of them and to tell how many they are."""

from datetime import datetime

from sqlalchemy import Connection

from berth.registry.images import Image
from berth.restriction.preview import trying


def of_image(tx: Connection, found: Image, *, at: datetime, refused: bool = True) -> frozenset[int]:
    """Those that are refused; an index too, when all of its images are. `refused` False: all others."""
    held = trying.holding(tx, found.repository_id, [], since=at, at=at, name=found.path.image)
    return frozenset(
        number
        for each in held
        for outcomes in (each.outcomes(each.own, at=at),)
        for number, group in each.census.members.items()
        if (outcomes[group] == "refused") is refused
    )
