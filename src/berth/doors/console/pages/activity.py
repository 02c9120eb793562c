"""Activity: what goes on and what it has come to."""

from berth.doors.console.routes import get
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people import sight
from berth.registry import operations
from berth.retention import runs

SORTS = ("-started_at",)
MOST_RUNS = 50
STATES = ("queued", "running", "done", "failed")


def show(view: View) -> Answer:
    wanted, state = view.wanted(SORTS), view.asked("status")
    with view.site.db.read() as tx:
        shown = operations.visible(tx, view.caller)
        found = operations.page(tx, None, wanted, shown, state=state if state in STATES else None)
        see = sight.of(tx, view.caller.principal).of_repositories()
        policy_runs = runs.unended(tx, see, limit=MOST_RUNS)
    busy = any(not each.ended for each in found.items)
    return view.show(
        "activity.html", rows=found.items, next=view.after(found, wanted), wanted=wanted, busy=busy, runs=policy_runs
    )


def show_one(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = operations.opened(tx, view.caller, view.params["job"])
    return view.show("operation.html", operation=found)


ROUTES = (get("/activity", show), get("/activity/{job}", show_one))
