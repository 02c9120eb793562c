"""A caller: who a request comes from, once signing in has been settled."""

from collections.abc import Mapping
from dataclasses import dataclass

from berth.audit.events import Actor
from berth.people.access import Principal
from berth.words.actions import Actions


@dataclass(frozen=True)
class Caller:
    principal: Principal
    actor: Actor
    """How audit calls them."""
    bounds: Mapping[str, Actions] | None = None
    """What the bearer token was issued for, by image path; None when no token narrows the caller."""
    version: int | None = None
    """How often people and rights had changed when the caller was recognised, where that was looked up."""
