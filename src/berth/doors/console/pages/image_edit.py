"""The popups of the Details tab that change an image: description, lock, tag deletion."""

from berth.doors.console.languages import mark as _
from berth.doors.console.pages import opened
from berth.doors.console.pages.opened import PATH, Opened
from berth.doors.console.pages.policies import read_deletion
from berth.doors.console.pages.policy_test import REQUESTED
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.registry import details, editing, images, locks
from berth.registry.details import ImageDetail
from berth.registry.editing import Chosen
from berth.retention import working
from berth.words.actions import Action


def ask_description(view: View) -> Answer:
    found, detail = _read(view)
    return view.show("edit_description.html", opened=found, detail=detail)


def describe(view: View) -> Answer:
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        editing.image_(
            tx,
            found.image,
            view.caller.actor,
            at=view.site.now(),
            description=view.field("description").strip(),
            expected=view.version,
        )
    return view.go(found.url, view.say(_("Saved.")))


def ask_lock(view: View) -> Answer:
    found, detail = _read(view)
    with view.site.db.read() as tx:
        alone = locks.count_own(tx, found.image, at=view.site.now())
    return view.show("edit_lock.html", opened=found, detail=detail, alone=alone)


def lock(view: View) -> Answer:
    now = view.site.now()
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        if view.field("lock") == "lock":
            locks.lock_image(
                tx, found.image, view.caller.actor, at=now, reason=view.field("reason").strip(), until=None
            )
        else:
            locks.unlock_image(tx, found.image, view.caller.actor, at=now)
    return view.go(found.url, view.say(_("Saved.")))


def ask_deletion(view: View) -> Answer:
    found, detail = _read(view)
    return view.show("edit_deletion.html", opened=found, detail=detail, policy=detail.policies.deletion)


def set_deletion(view: View) -> Answer:
    """Or only try the values out: `test` says which button was pressed."""
    run = None
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        before = details.of_image(tx, found.image, at=view.site.now()).policies.deletion
        policy = read_deletion(view, before)
        if view.is_on("test"):
            now = images.again(tx, found.image)
            run = working.ask(tx, now, "test", view.caller.actor, at=view.site.now(), policy=policy)
    if run is not None:
        return view.go(f"{found.url}/-/policy-test?run={run}", view.say(REQUESTED))
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        policies = Chosen(deletion=policy)
        editing.image_(tx, found.image, view.caller.actor, at=view.site.now(), policies=policies, expected=view.version)
    return view.go(found.url, view.say(_("Saved.")))


def _read(view: View) -> tuple[Opened, ImageDetail]:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        return found, details.of_image(tx, found.image, at=view.site.now())


ROUTES = (
    get(PATH + "/-/edit/description", ask_description),
    post(PATH + "/-/edit/description", describe, "image.edit", ask_description),
    get(PATH + "/-/edit/lock", ask_lock),
    post(PATH + "/-/edit/lock", lock, "image.lock", ask_lock),
    get(PATH + "/-/edit/deletion-policy", ask_deletion),
    post(PATH + "/-/edit/deletion-policy", set_deletion, "image.edit", ask_deletion),
)
