"""For whoever runs Berth: is it alive, can it serve, and what has it counted."""

import json
from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from berth.doors.http import Answer
from berth.restriction.refused import OUTCOMES, RULES, Refusals
from berth.site import Site

log = structlog.get_logger("berth.ops")


def healthz() -> Answer:
    """This process answers."""
    return _answer(200, {"status": "ok"})


def readyz(site: Site) -> Answer:
    """The database and the blob store can be used; 503 names the one that cannot."""
    checks = {"database": _works(site.db.check), "storage": _works(site.blobs.check)}
    ready = all(state == "ok" for state in checks.values())
    return _answer(200 if ready else 503, {"status": "ok" if ready else "unavailable", "checks": checks})


def metrics(refusals: Refusals) -> Answer:
    """What this process has counted since it began, as Prometheus reads it."""
    name, totals = "berth_restricted_pulls_total", refusals.totals()
    lines = [f"# HELP {name} Pulls that a rule of an image stood against.", f"# TYPE {name} counter"]
    lines += [
        f'{name}{{verdict="{outcome}",rule="{rule}"}} {totals.get((outcome, rule), 0)}'
        for outcome in OUTCOMES
        for rule in RULES
    ]
    headers = [("Content-Type", "text/plain; version=0.0.4; charset=utf-8"), ("Cache-Control", "no-store")]
    return Answer(200, headers, "\n".join([*lines, ""]).encode())


def _works(check: Callable[[], None]) -> str:
    """What failed belongs to the log; who asks learns only that it did."""
    try:
        check()
    except (OSError, SQLAlchemyError):
        log.exception("not ready")
        return "failed"
    return "ok"


def _answer(status: int, document: dict[str, object]) -> Answer:
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    return Answer(status, headers, json.dumps(document).encode())
