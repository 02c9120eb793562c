"""The Tags tab, and what is known of one digest with its manifest."""

import json
from dataclasses import replace

from berth.doors.console.pages import chosen, opened, unfolding, verdicts
from berth.doors.console.pages.opened import PATH
from berth.doors.console.routes import get
from berth.doors.console.view import HEADERS, View
from berth.doors.http import Answer
from berth.registry import details, rows
from berth.registry.kinds import KINDS
from berth.registry.rows import Filters
from berth.restriction import restricted
from berth.restriction.verdict import Rules
from berth.retention import forecast
from berth.scan import narrowing, standing
from berth.words.digest import LENGTHS

SORTS = ("-pushed_at", "name", "-size", "-pulls", "-pulled_at")
STATES = ("active", "deleting", "inactive")
NEW = "new"
"""A result that newly affected digests have."""
SHOWN = 1 << 20
"""Bytes of a manifest that its window shows."""


def show(view: View) -> Answer:
    wanted = view.wanted(SORTS)
    kind, tagged, locked = view.asked("type"), view.asked("tagged"), view.asked("locked")
    state, result = view.asked("status"), view.asked("vuln")
    text = (view.asked("q") or "").strip()
    is_digest = text.partition(":")[0] in LENGTHS
    filters = Filters(
        name="" if is_digest else text,
        digest=text.lower() if is_digest else "",
        kind=kind if kind in KINDS else None,
        tagged={"yes": True, "no": False}.get(tagged or ""),
        locked={"yes": True, "no": False}.get(locked or ""),
        platform=view.asked("platform") or "",
        state=state if state in STATES else None,
    )
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
        detail = details.head(tx, found.image, at=view.site.now())
        if view.asked("restricted"):
            # Children of indexes stand among them, so that there are as many rows as are told of.
            refused = restricted.of_image(tx, found.image, at=view.site.now())
            filters = replace(filters, among=refused, everything=True)
        if result == NEW:
            filters = filters.within(standing.newly_affected(tx, found.image))
        asked = next((each for each in narrowing.ASKED if each == result), None)
        where = [] if asked is None else [narrowing.to(found.image, asked, detail.scan)]
        page = rows.page(tx, found.image, wanted, at=view.site.now(), filters=filters, where=where)
        lines = unfolding.lines(tx, view, found.image, page.items)
        shown = list({line.row.id: line.row for line in lines}.values())
        ids = [row.id for row in shown]
        going = forecast.of(tx, found.image, ids, at=view.site.now(), policy=detail.policy, known=shown)
        scans = standing.of(tx, found.image, shown, at=view.site.now(), policy=detail.scan)
        pulls = verdicts.of_rows(tx, found.image, shown, Rules(detail.pull, detail.scan), at=view.site.now())
    return view.show(
        "tags.html",
        opened=found,
        detail=detail,
        rows=page.items,
        lines=lines,
        forecasts=going,
        scans=scans,
        pulls=pulls,
        next=view.after(page, wanted),
        wanted=wanted,
        filtered=filters != Filters() or asked is not None,
        tab="tags",
    )


def tell_gone(view: View) -> Answer:
    """Of the digests asked for those that are not there any more, or are on their way out."""
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
        there = {row.digest for row in chosen.found(tx, view, found.image) if row.state != "deleting"}
    gone = [str(content) for content in chosen.digests(view) if str(content) not in there]
    return Answer(200, [("Content-Type", "application/json"), *HEADERS], json.dumps(gone).encode())


def show_one(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
        detail = details.of_digest(tx, found.image, opened.content(view), at=view.site.now())
        media_type, body = details.document(tx, found.image, opened.content(view))
        going = forecast.of(tx, found.image, [detail.row.id], at=view.site.now(), known=[detail.row])
        pulls = verdicts.told(tx, found.image, [detail.row.id], at=view.site.now())
    return view.show(
        "tag.html",
        opened=found,
        detail=detail,
        forecast=going.get(detail.row.id),
        pull_told=pulls[detail.row.id],
        media_type=media_type,
        manifest=_readable(body[:SHOWN]),
        cut=len(body) > SHOWN,
    )


def guide(view: View) -> Answer:
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
        detail = details.of_digest(tx, found.image, opened.content(view), at=view.site.now())
    base, tags = opened.base(view, found.endpoints), detail.tags
    reference = f"{base}:{tags[0]}" if tags else f"{base}@{detail.row.digest}"
    return view.show("tag_guide.html", opened=found, detail=detail, reference=reference, host=base.partition("/")[0])


def download(view: View) -> Answer:
    """The bytes that were pushed."""
    content = opened.content(view)
    with view.site.db.read() as tx:
        found = opened.image(tx, view)
        _, body = details.document(tx, found.image, content)
    name = f"{found.name.replace('/', '-')}-{content.hex[:12]}.json"
    headers = [
        ("Content-Type", "application/json"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Disposition", f'attachment; filename="{name}"'),
        ("Cache-Control", "no-store"),
    ]
    return Answer(200, headers, body)


def _readable(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body.decode(errors="replace")


ROUTES = (
    get(PATH + "/-/tags", show),
    get(PATH + "/-/tags/gone", tell_gone),
    get(PATH + "/-/tags/{digest}/guide", guide),
    get(PATH + "/-/tags/{digest}/manifest.json", download),
    get(PATH + "/-/tags/{digest}", show_one),
)
