"""Acts that were refused are recorded too, in a transaction of their own: that of the act was rolled back."""

from berth.audit import events
from berth.audit.events import Actor
from berth.site import Site
from berth.words.errors import Refusal


def record(site: Site, actor: Actor, action: str, target: str, refusal: Refusal) -> None:
    """Write down who was refused what, and why."""
    facts = {"refusal": type(refusal).__name__, "reason": str(refusal)}
    with site.db.write(durable=False) as tx:
        events.record(tx, actor, action, target, at=site.now(), after=facts, outcome="refused")
