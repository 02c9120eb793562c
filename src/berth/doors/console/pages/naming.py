"""Edit tags: the names of one digest, all changed at once; what would move is shown first.

A form sends as `tag` each name that stays or was added, and as `tags` what is written beside them.
"""

from functools import partial
from typing import Any

from berth.doors.console.languages import mark as _
from berth.doors.console.pages import opened
from berth.doors.console.pages.opened import PATH
from berth.doors.console.routes import get, post
from berth.doors.console.view import View
from berth.doors.http import Answer
from berth.registry import details, naming
from berth.registry.naming import Edit
from berth.words.actions import Action


def ask(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        detail = details.of_digest(tx, found.image, opened.content(view), at=view.site.now())
    kept, rest = (detail.tags, "") if view.problem is None else (view.form.all("tag"), view.field("tags"))
    return view.show("edit_tags.html", opened=found, detail=detail, moving=None, **_names(detail.tags, kept), rest=rest)


def change(view: View) -> Answer:
    """Once to see what would move, when anything would, and once to do it."""
    content, wanted = opened.content(view), [*view.form.all("tag"), *view.field("tags").replace(",", " ").split()]
    with view.site.db.write() as tx:
        found = opened.image(tx, view, Action.MANAGE)
        detail = details.of_digest(tx, found.image, content, at=view.site.now())
        there = set(detail.tags)
        fresh = [name for name in dict.fromkeys(wanted) if name not in there]
        gone = [name for name in detail.tags if name not in set(wanted)]
        agreed = dict(each.split("=", 1) for each in view.form.all("move") if "=" in each)
        edit = Edit(
            add=[name for name in fresh if name not in agreed],
            move=[name for name in fresh if name in agreed],
            remove=gone,
        )
        now, expected = view.site.now(), view.version
        act = partial(naming.edit, tx, found.image, content, edit, view.caller.actor, at=now, expected=expected)
        moving = [each for each in act(dry_run=True) if each.moves]
        is_agreed = all(agreed.get(each.name) == each.before for each in moving)
        if is_agreed:
            act()
    if not is_agreed:
        # What was agreed to is another move by now, so it is asked anew, and said that it is.
        status = 409 if agreed else None
        facts = {"opened": found, "detail": detail, "moving": moving, **_names(detail.tags, wanted)}
        return view.show("edit_tags.html", status, **facts, rest="")
    return view.go(f"{found.url}/-/tags", view.say(_("Saved.")))


def _names(tags: list[str], kept: list[str]) -> dict[str, Any]:  # Any: whatever the page shows
    """All that there are to choose from, those that the digest has first."""
    return {"names": list(dict.fromkeys([*tags, *kept])), "kept": set(kept)}


ROUTES = (
    get(PATH + "/-/tags/{digest}/edit", ask),
    post(PATH + "/-/tags/{digest}/edit", change, "tag.edit", ask),
)
