"""Locking and unlocking digests, one or up to 50."""

from berth.doors.console.languages import mark as _
from berth.doors.console.pages import chosen, days, opened
from berth.doors.console.pages.opened import PATH
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.registry import locks
from berth.words.actions import Action


def ask_lock(view: View) -> Answer:
    return _ask(view, lock=True)


def ask_unlock(view: View) -> Answer:
    return _ask(view, lock=False)


def lock(view: View) -> Answer:
    wanted, now = chosen.digests(view), view.site.now()
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        reason, until = view.field("reason").strip(), days.end_of(view, "until")
        outcomes = locks.lock_digests(tx, found.image, wanted, view.caller.actor, at=now, reason=reason, until=until)
    return _told(view, found.url, outcomes)


def unlock(view: View) -> Answer:
    wanted = chosen.digests(view)
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        outcomes = locks.unlock_digests(tx, found.image, wanted, view.caller.actor, at=view.site.now())
    return _told(view, found.url, outcomes)


def _ask(view: View, *, lock: bool) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        rows = chosen.found(tx, view, found.image)
    return view.show("lock_tags.html", opened=found, rows=rows, lock=lock)


def _told(view: View, url: str, outcomes: list[locks.Outcome]) -> Answer:
    refused = [outcome.refusal for outcome in outcomes if outcome.refusal is not None]
    if refused and len(refused) == len(outcomes):
        raise refused[0]
    said = view.say(_("Saved."))
    if refused:
        done = len(outcomes) - len(refused)
        said = view.say(
            _("%(done)s of %(all)s changed; %(bad)s were refused."), done=done, all=len(outcomes), bad=len(refused)
        )
    return view.go(f"{url}/-/tags", said)


ROUTES = (
    get(PATH + "/-/tags/lock", ask_lock),
    post(PATH + "/-/tags/lock", lock, "manifest.lock", ask_lock),
    get(PATH + "/-/tags/unlock", ask_unlock),
    post(PATH + "/-/tags/unlock", unlock, "manifest.unlock", ask_unlock),
    get(PATH + "/-/tags/{digest}/lock", ask_lock),
    post(PATH + "/-/tags/{digest}/lock", lock, "manifest.lock", ask_lock),
    get(PATH + "/-/tags/{digest}/unlock", ask_unlock),
    post(PATH + "/-/tags/{digest}/unlock", unlock, "manifest.unlock", ask_unlock),
)
