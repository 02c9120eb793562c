"""Deleting digests, one or up to 50, and whole images: what goes and what is refused is shown before."""

from berth.audit import refusals
from berth.doors.console.languages import mark as _
from berth.doors.console.pages import chosen, opened
from berth.doors.console.pages.opened import PATH
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.registry import deletion, details
from berth.words.actions import Action
from berth.words.errors import FieldInvalid


def ask_tags(view: View) -> Answer:
    wanted = chosen.digests(view)
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.DELETE)
        rows = chosen.found(tx, view, found.image)
        asked = deletion.request_digests(tx, found.image, wanted, view.caller.actor, at=view.site.now(), dry_run=True)
    verdicts = {str(verdict.digest): verdict for verdict in asked.verdicts}
    days = view.site.settings.trash_days
    going = sum(verdict.accepted for verdict in asked.verdicts)
    return view.show("delete_tags.html", opened=found, rows=rows, verdicts=verdicts, days=days, going=going)


def delete_tags(view: View) -> Answer:
    wanted = chosen.digests(view)
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.DELETE)
        chosen.as_shown(tx, view, found.image)
        asked = deletion.request_digests(tx, found.image, wanted, view.caller.actor, at=view.site.now())
    refused = [(verdict.digest, verdict.refusal) for verdict in asked.verdicts if verdict.refusal is not None]
    if refused and len(refused) == len(asked.verdicts):
        raise refused[0][1]
    for digest, refusal in refused:
        target = f"{found.image.path}@{digest}"
        refusals.record(view.site, view.caller.actor, "manifest.delete", target, refusal)
    count = len(asked.verdicts) - len(refused)
    said = view.language.ngettext(_("Deleting %(num)s digest."), _("Deleting %(num)s digests."), count) % {"num": count}
    if refused:
        said += " " + view.say(_("%(bad)s were refused; Activity tells why."), bad=len(refused))
    return view.go(f"{found.url}/-/tags", said)


def ask_image(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.DELETE)
        detail = details.of_image(tx, found.image, at=view.site.now())
    settings = view.site.settings
    typed = settings.confirm_by_typing
    return view.show("delete_image.html", opened=found, detail=detail, days=settings.trash_days, typed=typed)


def delete_image(view: View) -> Answer:
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.DELETE)
        if view.site.settings.confirm_by_typing and view.field("typed").strip() != found.name:
            raise FieldInvalid("typed", view.say(_("type %(name)s to delete it"), name=found.name))
        deletion.request_image(tx, found.image, view.caller.actor, at=view.site.now())
    path = found.image.path
    said = view.say(_("Deletion of %(image)s has begun."), image=path.image)
    return view.go(f"/console/images?registry={path.registry}&repository={path.repository}", said)


ROUTES = (
    get(PATH + "/-/tags/delete", ask_tags),
    post(PATH + "/-/tags/delete", delete_tags, "manifest.delete", ask_tags),
    get(PATH + "/-/tags/{digest}/delete", ask_tags),
    post(PATH + "/-/tags/{digest}/delete", delete_tags, "manifest.delete", ask_tags),
    get(PATH + "/-/delete", ask_image),
    post(PATH + "/-/delete", delete_image, "image.delete", ask_image),
)
