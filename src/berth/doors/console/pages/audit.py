"""The audit log, for administrators: looked through, and exported as JSON lines."""

import json
from datetime import datetime
from itertools import islice

from berth.audit import trail
from berth.audit.trail import Event, Filter
from berth.doors.console.routes import get
from berth.doors.console.view import HEADERS, View
from berth.doors.http import Answer
from berth.registry import opening
from berth.words import time

SORTS = ("-at",)
MOST = 50_000


def show(view: View) -> Answer:
    opening.operator(view.caller)
    wanted = view.wanted(SORTS)
    with view.site.db.read() as tx:
        found = trail.page(tx, wanted, _filter(view))
    return view.show("audit.html", rows=found.items, next=view.after(found, wanted), wanted=wanted, most=MOST)


def export(view: View) -> Answer:
    """The newest events that pass, in their order; all of them are for the API and the command line."""
    opening.operator(view.caller)
    newest = islice(trail.newest(view.site, _filter(view)), MOST)
    body = "".join(reversed([_line(event) for event in newest])).encode()
    headers = [
        ("Content-Type", "application/x-ndjson"),
        ("Content-Disposition", 'attachment; filename="events.jsonl"'),
        *HEADERS,
    ]
    return Answer(200, headers, body)


def _filter(view: View) -> Filter:
    outcome = view.asked("outcome")
    return Filter(
        actor=view.asked("actor"),
        action=view.asked("action"),
        target=view.asked("target"),
        outcome=outcome if outcome in ("done", "refused") else None,
    )


def _line(event: Event) -> str:
    facts = {name: time.text(value) if isinstance(value, datetime) else value for name, value in vars(event).items()}
    return json.dumps(facts, ensure_ascii=False) + "\n"


ROUTES = (get("/audit", show), get("/audit/export", export))
