"""Settings of this browser: language, theme, shortcuts. They are cookies, so they hold before signing in too."""

from berth.doors.console import languages
from berth.doors.console.languages import mark as _
from berth.doors.console.routes import get, post
from berth.doors.console.view import LANGUAGE, THEME, THEMES, View
from berth.doors.http import Answer
from berth.words.errors import FieldInvalid

YEAR = 365 * 24 * 3600
KEYS = "berth-keys"


def show(view: View) -> Answer:
    return view.show("settings.html", themes=THEMES, keys=view.given.get(KEYS, "on"))


def save(view: View) -> Answer:
    language, theme = view.field("language"), view.field("theme")
    if language not in languages.NAMES or theme not in THEMES:
        raise FieldInvalid("language", view.say(_("One of those shown.")))
    view.keep(LANGUAGE, language, YEAR)
    view.keep(THEME, theme, YEAR)
    view.keep(KEYS, "on" if view.is_on("keys") else "off", YEAR)
    return view.go("/console/settings", languages.find(language).gettext(_("Saved.")))


def tell_keys(view: View) -> Answer:
    return view.show("shortcuts.html", off=view.given.get(KEYS, "on") == "off")


ROUTES = (
    get("/settings", show, is_open=True),
    post("/settings", save, "settings.save", show, is_open=True),
    get("/shortcuts", tell_keys, is_open=True),
)
