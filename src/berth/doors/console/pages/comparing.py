"""What two digests of an image differ in."""

from berth.doors.console.pages import opened
from berth.doors.console.pages.opened import PATH
from berth.doors.console.routes import get
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.registry import details, rows
from berth.scan import comparing, looking
from berth.words import digest as digests
from berth.words.digest import LENGTHS
from berth.words.errors import Refusal

OTHERS = 50
"""Tags that are offered to compare with."""


def compare(view: View) -> Answer:
    given, problem, compared = (view.asked("base") or "").strip(), "", None
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
        now = looking.into(tx, found.image, opened.content(view))
        if given:
            try:
                base = digests.parse(given if _is_digest(given) else details.resolve(tx, found.image, given))
                compared = comparing.between(tx, looking.into(tx, found.image, base), now)
            except Refusal as refusal:
                problem = view.said_of(refusal)
        others = [
            name
            for each in rows.page(tx, found.image, view.wanted(("-pushed_at",)), at=view.site.now()).items
            for name in each.tags
        ]
    return view.show(
        "compare.html",
        opened=found,
        digest=view.params["digest"],
        compared=compared,
        problem=problem,
        others=others[:OTHERS],
    )


def _is_digest(text: str) -> bool:
    return text.partition(":")[0] in LENGTHS


ROUTES = (get(PATH + "/-/tags/{digest}/compare", compare),)
