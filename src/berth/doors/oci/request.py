"""A request to the OCI door, as its handlers see it."""

from dataclasses import dataclass, field

from starlette.types import Receive, Scope, Send

from berth.doors.http import Headers, Query
from berth.doors.oci.routes import Route
from berth.doors.oci.waits import Waits
from berth.people.access import Place
from berth.people.callers import Caller
from berth.registry.gate import Gate, Reached
from berth.registry.pulls import Pulls
from berth.registry.quick import QuickReads
from berth.registry.uploads import Hashes
from berth.restriction.refused import Refusals
from berth.site import Site
from berth.words.actions import NONE, Action
from berth.words.names import ImagePath


@dataclass(frozen=True)
class Parts:
    """What the handlers of one process share."""

    site: Site
    gate: Gate
    quick: QuickReads
    pulls: Pulls
    hashes: Hashes
    refusals: Refusals
    waits: Waits


@dataclass
class Request:
    parts: Parts
    scope: Scope
    receive: Receive
    send: Send
    route: Route
    reached: Reached
    caller: Caller
    place: Place
    path: ImagePath
    """Already admitted: the caller may do here what the method means."""
    headers: Headers = field(init=False)
    query: Query = field(init=False)

    def __post_init__(self) -> None:
        self.headers = Headers(self.scope)
        self.query = Query(self.scope.get("query_string", b""))

    @property
    def site(self) -> Site:
        return self.parts.site

    @property
    def method(self) -> str:
        method: str = self.scope["method"]
        return method

    @property
    def is_scan(self) -> bool:
        """A scanner that Berth has asked: to no other token it lends the right to pass rules."""
        bounds = self.caller.bounds
        return bounds is not None and Action.PULL_RESTRICTED in bounds.get(self.route.name, NONE)

    @property
    def base(self) -> str:
        """The path that `Location` and `Link` begin with, written as the client wrote the name."""
        return f"/v2/{self.route.name}"
