"""A view: one request to the console with all that a page needs to answer it."""

import gzip
import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.types import Scope

from berth.db.pages import Found, Wanted
from berth.doors import cursors
from berth.doors.console import drawing, errors, languages, looks, signed
from berth.doors.console.languages import Language
from berth.doors.console.looks import Looks
from berth.doors.http import Answer, Headers, Query
from berth.people import access
from berth.people.access import Place
from berth.people.callers import Caller
from berth.registry import opening
from berth.site import Site
from berth.words.actions import Action, Actions
from berth.words.errors import Refusal, Stale

HOME = "/console/"
LANGUAGE, THEME, SCOPE, SAID, LOOKS = "berth-language", "berth-theme", "berth-scope", "berth-said", "berth-lists"
THEMES = ("system", "light", "dark")
SAID_SECONDS = 60
SMALL = 1000
LONGEST_VERSION = 10
UNCHANGED = secrets.token_hex(12)
"""Stands in a page for its own fingerprint, by which a poll asks whether there is anything new; nobody can guess it."""

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = [
    ("Content-Security-Policy", CSP),
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("Permissions-Policy", "clipboard-write=(self)"),
    ("Cache-Control", "no-store"),
]


_VOLATILE = re.compile(r'name="proof" value="[^"]*"|since=[0-9a-z-]*')


@dataclass
class View:
    site: Site
    scope: Scope
    caller: Caller
    session: str | None
    """The token of the session that asks."""
    params: dict[str, str]
    """Parts of the path."""
    form: Query
    """What a form has sent; empty for a page."""
    given: dict[str, str]
    """Cookies."""
    headers: list[tuple[str, str]] = field(default_factory=list)
    """More of them for the answer, such as cookies."""
    problem: Refusal | None = None
    """What was said against the form that is shown again."""

    @cached_property
    def query(self) -> Query:
        return Query(self.scope.get("query_string", b""))

    @cached_property
    def language(self) -> Language:
        chosen = self.given.get(LANGUAGE, "")
        if chosen not in languages.NAMES:
            chosen = languages.preferred(Headers(self.scope).get("accept-language"))
        return languages.find(chosen)

    @property
    def theme(self) -> str:
        chosen = self.given.get(THEME, "")
        return chosen if chosen in THEMES else THEMES[0]

    @cached_property
    def looks(self) -> Looks:
        """How lists look to whoever asks."""
        return looks.read(self.given.get(LOOKS, ""))

    @property
    def is_operator(self) -> bool:
        return opening.is_operator(self.caller)

    @property
    def is_scripted(self) -> bool:
        """Whether our script asks, for a part of the page it has."""
        return Headers(self.scope).get("hx-request") == "true"

    @property
    def in_dialog(self) -> bool:
        return Headers(self.scope).get("hx-target") == "dialog"

    @property
    def address(self) -> str:
        """The path and query of this page, to come back to."""
        query = self.scope.get("query_string", b"").decode("latin-1")
        return f"{drawing.quoted(self.scope['path'])}?{query}" if query else drawing.quoted(self.scope["path"])

    def say(self, message: str, **facts: Any) -> str:  # Any: whatever a sentence names
        return self.language.said(message, **facts)

    def rights(self, tx: Connection, place: Place) -> Actions:
        return access.allowed(tx, self.caller.principal, place)

    @property
    def problem_text(self) -> str:
        return "" if self.problem is None else errors.sentence(self.problem, self.language)

    @property
    def is_stale(self) -> bool:
        """Whether the form is shown again because what it changes has changed meanwhile."""
        return isinstance(self.problem, Stale)

    @property
    def problem_field(self) -> str | None:
        return errors.field(self.problem)

    def said_of(self, refusal: Refusal) -> str:
        return errors.sentence(refusal, self.language)

    def kept(self, name: str, current: object) -> object:
        """What a field shows: what was sent when the form comes again, else what is."""
        return current if self.problem is None else self.field(name)

    def kept_on(self, name: str, current: bool) -> bool:
        return current if self.problem is None else self.is_on(name)

    def show(self, template: str, status: int | None = None, **facts: Any) -> Answer:  # Any: whatever the page shows
        """A page, or what of it a dialog shows."""
        if status is None:
            status = 200 if self.problem is None else errors.status(self.problem)
        shared = {
            "status": status,
            "view": self,
            "now": self.site.now(),
            "here": self.scope["path"],
            "frame": "_dialog.html" if self.in_dialog else "_page.html",
            "proof": None if self.session is None else signed.proof(self.session),
            "said": self._take_said(),
            "Action": Action,
            "unchanged": UNCHANGED,
        }
        page = drawing.draw(template, self.language.code, **shared, **facts)
        if UNCHANGED in page:
            mark = _fingerprint(page)
            if self.is_scripted and self.query.get("since") == mark:
                return Answer(204, [*HEADERS, *self.headers])
            page = page.replace(UNCHANGED, mark)
        body = page.encode(errors="backslashreplace")
        headers = [("Content-Type", "text/html; charset=utf-8"), ("Vary", "HX-Request, Accept-Encoding, Cookie")]
        if len(body) > SMALL and "gzip" in Headers(self.scope).get("accept-encoding"):
            body = gzip.compress(body, 1, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
        return Answer(status, [*headers, *HEADERS, *self.headers], body)

    def go(self, path: str, said: str | None = None) -> Answer:
        """On to another page, which then says something; our script leaves the page it has."""
        if said is not None:
            text = json.dumps(said).encode().hex()
            self.keep(SAID, text[:3000], SAID_SECONDS)
        if self.is_scripted:
            return Answer(200, [("HX-Redirect", path), *HEADERS, *self.headers])
        return Answer(303, [("Location", path), *HEADERS, *self.headers])

    def keep(self, name: str, value: str, seconds: int | None) -> None:
        """Set a cookie."""
        self.headers.append(("Set-Cookie", signed.cookie(self.site.settings, self.scope, name, value, seconds)))

    def field(self, name: str) -> str:
        """What the form has in a field; nothing where it has none."""
        return self.form.get(name) or ""

    @property
    def version(self) -> int:
        """The one that the form speaks of; what makes no sense is none that there is."""
        given = self.field("version")
        return int(given) if given.isdecimal() and len(given) < LONGEST_VERSION else -1

    def is_on(self, name: str) -> bool:
        return self.form.get(name) is not None

    def asked(self, name: str) -> str | None:
        """A filter of a list that is set."""
        return self.query.get(name) or None

    def wanted(self, sorts: tuple[str, ...]) -> Wanted:
        """Which page of a list, by `sort`, `size` and `after`; what makes no sense is as if it were not there."""
        sort = self.query.get("sort") or sorts[0]
        if sort.removeprefix("-") not in {name.removeprefix("-") for name in sorts}:
            sort = sorts[0]
        after = self.asked("after")
        return Wanted(sort, self.page_size, None if after is None else cursors.read(after, sort))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Rows per page to choose from."""
        return looks.SIZES

    @property
    def page_size(self) -> int:
        return looks.size_of(self.query.get("size")) or self.looks.size

    def after(self, found: Found[Any], wanted: Wanted) -> str | None:
        """The address of the next page."""
        return None if found.next is None else self.turned(after=cursors.written(found.next, wanted.sort))

    def turned(self, **changed: str | list[str] | None) -> str:
        """The address of this page with other fields in its query; None takes one away."""
        gone = {*changed, "since"}
        kept = {name: values for name, values in self.query.fields.items() if name not in gone}
        given = {name: value for name, value in changed.items() if value is not None}
        query, path = urlencode({**kept, **given}, doseq=True), drawing.quoted(self.scope["path"])
        return f"{path}?{query}" if query else path

    def _take_said(self) -> str | None:
        raw = self.given.get(SAID)
        if raw is None or self.is_scripted:
            return None
        self.keep(SAID, "", 0)
        try:
            said = json.loads(bytes.fromhex(raw))
        except (ValueError, RecursionError):
            return None
        return said if isinstance(said, str) else None


def _fingerprint(page: str) -> str:
    """Of the list that a page shows, without what is another each time."""
    begin = page.find('id="list"')
    shown = page[begin : page.find("</section>", begin)] if begin >= 0 else page
    shown = _VOLATILE.sub("", shown)
    return hashlib.blake2b(shown.encode(errors="backslashreplace"), digest_size=12).hexdigest()
