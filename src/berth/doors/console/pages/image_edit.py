"""The popups of the Details tab that change an image: description, lock, tag deletion."""

from datetime import datetime

from berth.db import versions
from berth.db.tables import image
from berth.doors.console.languages import mark as _
from berth.doors.console.pages import days, opened
from berth.doors.console.pages.opened import PATH, Opened
from berth.doors.console.pages.policies import read_deletion, read_scan
from berth.doors.console.pages.policy_test import REQUESTED
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.registry import details, editing, images, locks
from berth.registry.details import ImageDetail
from berth.registry.editing import Chosen
from berth.retention import facts, preview, working
from berth.words.actions import Action
from berth.words.errors import FieldInvalid
from berth.words.lock import Lock


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
    until = days.shown(detail.lock.until) if detail.lock else ""
    return view.show("edit_lock.html", opened=found, detail=detail, alone=alone, until=until)


def lock(view: View) -> Answer:
    now = view.site.now()
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        versions.expect(tx, image, found.image.id, view.version)
        if view.field("lock") == "lock":
            until = _until(view, images.again(tx, found.image).lock)
            reason = view.field("reason").strip()
            locks.lock_image(tx, found.image, view.caller.actor, at=now, reason=reason, until=until)
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


def preview_deletion(view: View) -> Answer:
    """A line below the values while they are entered: what would go now."""
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        before = facts.policy_of(tx, found.image.id)
        try:
            told = preview.of(tx, found.image, read_deletion(view, before), at=view.site.now())
        except FieldInvalid as error:
            return view.show("deletion_preview.html", 200, told=None, wrong=view.said_of(error))
    return view.show("deletion_preview.html", told=told, wrong="")


def ask_scan(view: View) -> Answer:
    found, detail = _read(view)
    return view.show("edit_scan.html", opened=found, detail=detail)


def set_scan(view: View) -> Answer:
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        before = details.of_image(tx, found.image, at=view.site.now()).policies.scan
        policies = Chosen(scan=read_scan(view, before))
        editing.image_(tx, found.image, view.caller.actor, at=view.site.now(), policies=policies, expected=view.version)
    return view.go(found.url, view.say(_("Saved.")))


def _until(view: View, own: Lock | None) -> datetime | None:
    """What a form shows as a day may be a moment of it, which stays as long as the day does."""
    if own is not None and view.field("until") == days.shown(own.until):
        return own.until
    return days.end_of(view, "until")


def _read(view: View) -> tuple[Opened, ImageDetail]:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        return found, details.of_image(tx, found.image, at=view.site.now())


ROUTES = (
    get(PATH + "/-/edit/description", ask_description),
    post(PATH + "/-/edit/description", describe, "image.edit", ask_description),
    get(PATH + "/-/edit/lock", ask_lock),
    post(PATH + "/-/edit/lock", lock, "image.lock", ask_lock),
    get(PATH + "/-/edit/scan", ask_scan),
    post(PATH + "/-/edit/scan", set_scan, "image.edit", ask_scan),
    get(PATH + "/-/edit/deletion-policy", ask_deletion),
    post(PATH + "/-/edit/deletion-policy", set_deletion, "image.edit", ask_deletion),
    post(PATH + "/-/edit/deletion-policy/preview", preview_deletion, "image.edit"),
)
