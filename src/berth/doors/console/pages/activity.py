"""Activity: what goes on and what it has come to."""

from berth.doors.console.routes import get
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.people import sight
from berth.registry import operations
from berth.retention import runs
from berth.scan import queue

SORTS = ("-started_at",)
MOST_RUNS = 50
MOST_COUNTED = 100
STATES = ("queued", "running", "done", "failed")


def show(view: View) -> Answer:
    wanted, state = view.wanted(SORTS), view.asked("status")
    with view.site.db.read() as tx:
        shown = operations.visible(tx, view.caller)
        found = operations.page(tx, None, wanted, shown, state=state if state in STATES else None)
        see = sight.of(tx, view.caller.principal).of_repositories()
        policy_runs = runs.unended(tx, see, limit=MOST_RUNS)
        checks = sum(queue.depth(tx).values())
    busy = checks > 0 or any(not each.ended for each in found.items)
    return view.show(
        "activity.html",
        rows=found.items,
        next=view.after(found, wanted),
        wanted=wanted,
        busy=busy,
        runs=policy_runs,
        checks=checks,
    )


def show_one(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = operations.opened(tx, view.caller, view.params["job"])
    return view.show("operation.html", operation=found)


def count(view: View) -> Answer:
    """How much goes on, for the top of every page."""
    with view.site.db.read() as tx:
        going = operations.count_going_on(tx, operations.visible(tx, view.caller), most=MOST_COUNTED)
    return view.show("activity_link.html", going=going, most=MOST_COUNTED)


def show_banner(view: View) -> Answer:
    """What stands above an image while it is deleted or changed, and in the end what became of that."""
    with view.site.db.read() as tx:
        found = operations.opened(tx, view.caller, view.params["job"])
        others = operations.others_going_on(tx, found)
    return view.show("banner.html", operation=found, others=others)


ROUTES = (
    get("/activity", show),
    get("/activity/count", count),
    get("/activity/{job}", show_one),
    get("/activity/{job}/banner", show_banner),
)
