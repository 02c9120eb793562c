"""Of several things asked for together some may be refused; each of these is recorded, as one alone would be."""

from collections.abc import Iterable

from berth.audit import refusals
from berth.people.callers import Caller
from berth.registry.images import Image
from berth.site import Site
from berth.words.errors import Refusal


def refused(
    site: Site, caller: Caller, action: str, found: Image, outcomes: Iterable[tuple[str, Refusal | None]]
) -> None:
    """After the transaction of the act; `outcomes` are digests with what was said against them."""
    for digest, refusal in outcomes:
        if refusal is not None:
            refusals.record(site, caller.actor, action, f"{found.path}@{digest}", refusal)
