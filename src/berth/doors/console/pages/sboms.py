"""Publishing the inventory of an image beside it, when somebody wants that."""

from berth.doors.console.languages import mark as _
from berth.doors.console.pages import opened
from berth.doors.console.pages.opened import PATH
from berth.doors.console.pages.policies import read_sbom
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.registry import rows
from berth.scan import publishing
from berth.words.actions import Action
from berth.words.errors import FieldInvalid, ManifestUnknown


def ask(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.PUSH)
        row = rows.one(tx, found.image, opened.content(view), at=view.site.now())
    if row is None:
        raise ManifestUnknown(view.params["digest"])
    return view.show("sbom.html", opened=found, row=row)


def publish(view: View) -> Answer:
    content, format_ = opened.content(view), read_sbom(view, "format")
    if not format_:
        raise FieldInvalid("format", view.say(_("CycloneDX or SPDX.")))
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.PUSH)
    published = publishing.publish(view.site, found.image, content, format_, view.caller.actor)
    said = view.say(_("Published as a referrer.")) if published.new else view.say(_("It was published already."))
    return view.go(f"{found.url}/-/tags/{content}/vulnerabilities", said)


ROUTES = (
    get(PATH + "/-/tags/{digest}/sbom", ask),
    post(PATH + "/-/tags/{digest}/sbom", publish, "scan.publish", ask),
)
