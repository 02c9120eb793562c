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
    held = trying.hold(tx, repository_id, [tried], since=since, at=at, name=image)
    fields = trying.differing(pull, held) if tried.pull is not None else []
    pulled, more = naming.pullers(tx, held, tried, since=since.date(), at=at)
    return Preview(
        len(held),
        sum(each.tags for each in held),
        trying.sums(held, NOW, at=at),
        trying.sums(held, tried, at=at),
        [Switch(field, trying.sums(held, Trial(pull=pull, only=field), at=at)) for field in fields],
        pulled,
        more,
        naming.page(tx, held, tried, since=since.date(), at=at, limit=limit, after=after),
    )
