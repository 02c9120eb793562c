"""Acts of clients that were refused: by the state of things, or because of who asks. Audit keeps them."""

from collections.abc import Iterator
from contextlib import contextmanager

from berth.audit import refusals
from berth.doors.oci.request import Request
from berth.doors.oci.routes import Kind, Route
from berth.people.callers import Caller
from berth.site import Site
from berth.words.errors import Conflict, Denied

VERBS = {"PUT": "push", "POST": "push", "PATCH": "push", "DELETE": "delete"}


@contextmanager
def recorded(request: Request) -> Iterator[None]:
    """Around an act; its transaction lies inside."""
    try:
        yield
    except Conflict as refusal:
        rest = request.route.rest
        target = f"{request.path}{'@' if ':' in rest else ':'}{rest}"
        refusals.record(request.site, request.caller.actor, _action(request.route, request.method), target, refusal)
        raise


def at_the_gate(site: Site, caller: Caller, route: Route, method: str, refusal: Denied) -> None:
    """Record that a caller may not act at all; whoever only reads is not recorded."""
    if method in VERBS:
        refusals.record(site, caller.actor, _action(route, method), route.name, refusal)


def _action(route: Route, method: str) -> str:
    return f"{'manifest' if route.kind is Kind.MANIFEST else 'blob'}.{VERBS[method]}"
