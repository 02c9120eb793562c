"""The image that an address names, opened for the caller, and where its pages stand."""

from dataclasses import dataclass

from sqlalchemy import Connection

from berth.doors import endpoints
from berth.doors.console.drawing import quoted
from berth.doors.console.view import View
from berth.doors.endpoints import Endpoints
from berth.registry import images, opening, operations
from berth.registry.images import Image
from berth.registry.operations import Operation
from berth.words import digest as digests
from berth.words.actions import Action, Actions
from berth.words.digest import Digest

PATH = "/images/{registry}/{repository}/{image}"


@dataclass(frozen=True)
class Opened:
    image: Image
    rights: Actions
    endpoints: Endpoints
    url: str
    """Of its details."""
    work: Operation | None
    """What deletes or changes it now."""

    @property
    def name(self) -> str:
        return self.image.path.image


def image(tx: Connection, view: View, *needed: Action) -> Opened:
    """Raises what `opening.open_image` does."""
    above, within, name = (view.params[part] for part in ("registry", "repository", "image"))
    place, found, hosts = opening.open_image_at(tx, view.caller, above, within, name, *needed)
    ends = endpoints.of(view.site, view.scope, above, hosts).below(f"{within}/{name}")
    url = f"/console/images/{quoted(str(found.path))}"
    return Opened(found, view.rights(tx, place), ends, url, _work(tx, found))


def _work(tx: Connection, found: Image) -> Operation | None:
    if found.state not in ("deleting", "editing"):
        return None
    going = images.operation_on(tx, found)
    return None if going is None else operations.find(tx, going)


def base(view: View, ends: Endpoints) -> str:
    """Where a guide's commands go: to the endpoint that was chosen, where there is one to choose."""
    return ends.public if view.asked("by") == "public" and ends.public else ends.private


def content(view: View) -> Digest:
    return digests.parse(view.params["digest"])
