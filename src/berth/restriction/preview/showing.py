"""The whole of a preview: what a policy would refuse, against what is refused now, switch by switch, and whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from berth.db.pages import Found, Key
from berth.restriction.preview import naming, trying
from berth.restriction.preview.naming import Puller, Stopped
from berth.restriction.preview.trying import NOW, Sums, Trial
from berth.words.policies import PullPolicy


@dataclass(frozen=True)
class Switch:
    """One field alone, all others as each image has them."""

    field: str
    sums: Sums


@dataclass(frozen=True)
class Preview:
    images: int
    tags: int
    now: Sums
    tried: Sums
    switches: Sequence[Switch]
    """Those that differ from what any image has."""
    pulled_by: Sequence[Puller]
    more_pulled: bool
    page: Found[Stopped]


def of(
    tx: Connection,
    repository_id: int,
    tried: Trial,
    *,
    at: datetime,
    days: int,
    limit: int,
    after: Key | None = None,
    image: str = "",
) -> Preview:
    """Of one image by name, or of all in a repository as if each had this policy. Raises `FieldInvalid`."""
    since = at - timedelta(days=days)
    pull = tried.pull or PullPolicy()
    fields = trying.differing(pull, trying.owns(tx, repository_id, image)) if tried.pull is not None else []
    switches = [Switch(field, Sums()) for field in fields]
    now, then, images, tags = Sums(), Sums(), 0, 0
    paged = naming.Paged(tx, tried, since=since.date(), at=at, limit=limit, after=after)
    pulled = naming.Pulled(tried, at=at)
    for held in trying.holding(tx, repository_id, [tried], since=since, at=at, name=image):
        images, tags = images + 1, tags + held.tags
        trying.add(now, held, NOW, at=at)
        trying.add(then, held, tried, at=at)
        for each in switches:
            trying.add(each.sums, held, Trial(pull=pull, only=each.field), at=at)
        pulled.add(held)
        paged.add(held)
    pullers, more = pulled.found(tx, since.date())
    return Preview(images, tags, now, then, switches, pullers, more, paged.found())
