"""The digests that an act is for: one of the address, or those that were selected."""

from sqlalchemy import Connection

from berth.doors.console.languages import mark as _
from berth.doors.console.view import View
from berth.registry import images, limits, rows
from berth.registry.images import Image
from berth.registry.rows import Row
from berth.words import digest as words
from berth.words.digest import Digest
from berth.words.errors import FieldInvalid, Stale


def digests(view: View) -> list[Digest]:
    """Raises `FieldInvalid` for none, and for more than 50."""
    if "digest" in view.params:
        return [words.parse(view.params["digest"])]
    given = view.form.all("digest") or view.query.all("digest")
    if not given:
        raise FieldInvalid("digest", view.say(_("Select at least one.")))
    limits.at_most("digests", given)
    return [words.parse(text) for text in dict.fromkeys(given)]


def as_shown(tx: Connection, view: View, image: Image) -> None:
    """Those that are there are as the form has shown them, with their names and referrers. Raises `Stale`."""
    images.again(tx, image)
    seen = set(view.form.all("seen"))
    if any(mark(row) not in seen for row in found(tx, view, image)):
        raise Stale("digest")


def mark(row: Row) -> str:
    """What a form sends of a digest that it has shown."""
    return f"{row.digest} {row.version} {row.referrers}"


def found(tx: Connection, view: View, image: Image) -> list[Row]:
    """Those of them that are there."""
    return rows.some(tx, image, digests(view), at=view.site.now())
