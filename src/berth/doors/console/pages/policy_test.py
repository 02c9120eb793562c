"""The Delete policy test tab: tests of an image's deletion policy, what they found, and applying exactly that."""

from berth.db.pages import Wanted
from berth.doors.console.languages import mark as _
from berth.doors.console.pages import opened
from berth.doors.console.pages.opened import PATH
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.registry import details, images
from berth.retention import deleting, facts, runs, working
from berth.retention.runs import Run
from berth.words.actions import Action
from berth.words.errors import FieldInvalid, RunNotWaiting, Stale
from berth.words.policies import DeletionPolicy

LAST = 20
REQUESTED = _("Deletion policy test execution request has been completed")


def show(view: View) -> Answer:
    """The last runs, and of the one asked for, else the newest, what it found."""
    wanted = view.wanted(("place",))
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
        detail = details.of_image(tx, found.image, at=view.site.now())
        last = runs.page(tx, found.image, Wanted("-asked_at", LAST)).items
        asked = view.asked("run")
        run = next((each for each in last if each.id == asked), None) if asked else next(iter(last), None)
        if asked and run is None:
            run = runs.find(tx, found.image, asked)
        kept = view.asked("show") == "kept"
        page = None if run is None else runs.items(tx, run, wanted, deleted=not kept)
        finished = runs.finished(tx, run) if run is not None and run.state == "running" else 0
    return view.show(
        "policy_test.html",
        opened=found,
        detail=detail,
        last=last,
        run=run,
        rows=[] if page is None else page.items,
        next=None if page is None else view.after(page, wanted),
        wanted=wanted,
        kept=kept,
        finished=finished,
        by_others=deleting.BY_OTHERS,
        changed=run is not None and run.policy != detail.policies.deletion,
        tab="policy-test",
    )


def ask(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.MANAGE)
    return view.show("policy_test_ask.html", opened=found)


def start(view: View) -> Answer:
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        now = images.again(tx, found.image)
        run = working.ask(tx, now, "test", view.caller.actor, at=view.site.now())
    return view.go(f"{found.url}/-/policy-test?run={run}", view.say(REQUESTED))


def ask_apply(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.DELETE)
        run = runs.find(tx, found.image, view.params["run"])
        _applicable(view, run, details.head(tx, found.image, at=view.site.now()).policy)
    return view.show("policy_apply.html", opened=found, run=run, days=view.site.settings.trash_days)


def apply(view: View) -> Answer:
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.DELETE)
        now = images.again(tx, found.image)
        source = view.params["run"]
        _applicable(view, runs.find(tx, now, source), facts.policy_of(tx, now.id))
        run = working.ask(tx, now, "run", view.caller.actor, at=view.site.now(), source=source)
    return view.go(f"{found.url}/-/policy-test?run={run}", view.say(_("The run has begun.")))


def _applicable(view: View, run: Run, policy: DeletionPolicy) -> None:
    """What a test has found is applied while its policy is the image's, and on. Raises `FieldInvalid`, `Stale`."""
    if run.kind != "test" or run.state != "done":
        raise FieldInvalid("source", view.say(_("Only what a test has found is applied, once it is done.")))
    if not policy.enabled or run.policy != policy:
        raise Stale("policy")


def ask_approve(view: View) -> Answer:
    return _ask_answer(view, approve=True)


def ask_refuse(view: View) -> Answer:
    return _ask_answer(view, approve=False)


def approve(view: View) -> Answer:
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.DELETE)
        working.approve(tx, found.image, view.params["run"], view.caller.actor, at=view.site.now())
    return view.go(f"{found.url}/-/policy-test?run={view.params['run']}", view.say(_("Approved.")))


def refuse(view: View) -> Answer:
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.DELETE)
        working.refuse(tx, found.image, view.params["run"], view.caller.actor, at=view.site.now())
    return view.go(f"{found.url}/-/policy-test?run={view.params['run']}", view.say(_("Refused.")))


def _ask_answer(view: View, *, approve: bool) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.DELETE)
        run = runs.find(tx, found.image, view.params["run"])
        if run.state != "waiting":
            raise RunNotWaiting(run.id)
    return view.show("policy_answer.html", opened=found, run=run, approve=approve)


ROUTES = (
    get(PATH + "/-/policy-test", show),
    get(PATH + "/-/policy-test/new", ask),
    post(PATH + "/-/policy-test/new", start, "policy-run.start", ask),
    get(PATH + "/-/policy-test/{run}/apply", ask_apply),
    post(PATH + "/-/policy-test/{run}/apply", apply, "policy-run.start", ask_apply),
    get(PATH + "/-/policy-test/{run}/approve", ask_approve),
    post(PATH + "/-/policy-test/{run}/approve", approve, "policy-run.approve", ask_approve),
    get(PATH + "/-/policy-test/{run}/refuse", ask_refuse),
    post(PATH + "/-/policy-test/{run}/refuse", refuse, "policy-run.refuse", ask_refuse),
)
