"""The pull restriction of an image, and what its values would refuse while they are entered."""

from sqlalchemy import Connection

from berth.doors.console.languages import mark as _
from berth.doors.console.pages import opened
from berth.doors.console.pages.opened import PATH
from berth.doors.console.pages.policies import read_pull
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.registry import details, editing, opening, repositories
from berth.registry.editing import Chosen
from berth.restriction import judging, restricted, teaching
from berth.restriction.preview import showing
from berth.restriction.preview.trying import Trial
from berth.words.actions import Action
from berth.words.errors import FieldInvalid
from berth.words.policies import PullPolicy

DAYS = 7
"""What was pulled within them was pulled lately."""
NAMED = 5
"""Tags that a preview names."""
REPOSITORY = "/registries/{registry}/repositories/{repository}"


def ask(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        detail = details.of_image(tx, found.image, at=view.site.now())
    return view.show("edit_pull.html", opened=found, detail=detail)


def save(view: View) -> Answer:
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        policies = Chosen(pull=read_pull(view, judging.rules_of(tx, found.image.id).pull))
        editing.image_(tx, found.image, view.caller.actor, at=view.site.now(), policies=policies, expected=view.version)
    return view.go(found.url, view.say(_("Saved.")))


def tell_restricted(view: View) -> Answer:
    """How many digests are refused now, which takes longer to tell in a large image than its page does."""
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
        many = len(restricted.of_image(tx, found.image, at=view.site.now()))
    return view.show("restricted.html", opened=found, many=many)


def preview(view: View) -> Answer:
    """Below the values of an image's popup."""
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        before = judging.rules_of(tx, found.image.id).pull
        digests = details.head(tx, found.image, at=view.site.now()).digests
        return _preview(tx, view, found.image.repository_id, before, image=found.name, digests=digests)


def preview_defaults(view: View) -> Answer:
    """Below those of a repository: as if all of its images had them."""
    above, name = view.params["registry"], view.params["repository"]
    with view.site.db.read() as tx:
        place = opening.open_repository(tx, view.caller, above, name, Action.MANAGE, Action.ADMIN)
        before = repositories.find(tx, above, name).policies.pull
        return _preview(tx, view, place.repository_id or 0, before)


def _preview(
    tx: Connection, view: View, repository_id: int, before: PullPolicy, *, image: str = "", digests: int = 0
) -> Answer:
    try:
        policy = read_pull(view, before)
    except FieldInvalid as error:
        return view.show("pull_preview.html", 200, told=None, wrong=view.said_of(error))
    trial = Trial(pull=policy)
    told = showing.of(tx, repository_id, trial, at=view.site.now(), days=DAYS, limit=NAMED, image=image)
    stopped = [(each, teaching.told(each.verdict)) for each in told.page.items]
    return view.show(
        "pull_preview.html",
        told=told,
        policy=vars(policy),
        stopped=stopped,
        image=image,
        digests=digests,
        days=DAYS,
        wrong="",
    )


ROUTES = (
    get(PATH + "/-/restricted", tell_restricted),
    get(PATH + "/-/edit/pull-restriction", ask),
    post(PATH + "/-/edit/pull-restriction", save, "image.edit", ask),
    post(PATH + "/-/edit/pull-restriction/preview", preview, "image.edit"),
    post(REPOSITORY + "/-/pull-restriction/preview", preview_defaults, "repository.edit"),
)
