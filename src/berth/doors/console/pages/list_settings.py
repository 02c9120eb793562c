"""Table settings: which columns a list shows, and how high and how many the rows of all lists are."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from berth.doors.console import looks
from berth.doors.console.languages import mark as _
from berth.doors.console.pages.sign_in import own_page
from berth.doors.console.routes import get, post
from berth.doors.console.view import LOOKS, View
from berth.doors.http import Answer, Headers

YEAR = 365 * 24 * 3600


def ask(view: View) -> Answer:
    table = view.params["table"]
    return view.show(
        "list_settings.html",
        table=table,
        columns=looks.LISTS.get(table, {}),
        shown=view.looks.columns(table),
        sizes=[(str(size), str(size)) for size in looks.SIZES],
        back=_back(view),
    )


def keep(view: View) -> Answer:
    size = looks.size_of(view.field("size")) or view.looks.size
    compact = view.field("density") == looks.COMPACT
    chosen = view.looks.chosen(view.params["table"], view.form.all("column"), size=size, compact=compact)
    view.keep(LOOKS, chosen.written(), YEAR)
    return view.go(_resized(own_page(view.field("back"))), view.say(_("Saved.")))


def _back(view: View) -> str:
    """The list as it is now: its address may be another than that of the page its link came with."""
    current = urlsplit(Headers(view.scope).get("hx-current-url"))
    shown = f"{current.path}?{current.query}" if current.query else current.path
    return own_page(shown or view.field("back") or view.query.get("back") or "")


def _resized(back: str) -> str:
    """Without a number of rows of its own, which would stand against the one that was just chosen."""
    parts = urlsplit(back)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "size"]
    return f"{parts.path}?{urlencode(kept)}" if kept else parts.path


ROUTES = (
    get("/lists/{table}", ask),
    post("/lists/{table}", keep, "list.settings", ask),
)
