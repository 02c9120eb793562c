"""The image that an address names, opened for the caller, and where its pages stand."""

from dataclasses import dataclass

from sqlalchemy import Connection

from berth.doors import endpoints
from berth.doors.console.drawing import quoted
from berth.doors.console.view import View
from berth.doors.endpoints import Endpoints
from berth.registry import opening
from berth.registry.images import Image
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

    @property
    def name(self) -> str:
        return self.image.path.image


def image(tx: Connection, view: View, *needed: Action) -> Opened:
    """Raises what `opening.open_image` does."""
    above, within, name = (view.params[part] for part in ("registry", "repository", "image"))
    place, found = opening.open_image(tx, view.caller, above, within, name, *needed)
    ends = endpoints.of_registry(tx, view.site, view.scope, above).below(f"{within}/{name}")
    return Opened(found, view.rights(tx, place), ends, f"/console/images/{quoted(str(found.path))}")


def content(view: View) -> Digest:
    return digests.parse(view.params["digest"])
