"""The token endpoint: credentials and wishes in, a bearer token out (distribution's token specification).

A token is granted what was asked for and is allowed; when that is nothing, it is a token all the same, and the
resource says what is missing. `GET` takes Basic credentials or none, `POST` a form with a password or refresh token.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from berth.doors import addresses
from berth.doors.http import Answer, Headers, in_thread, read_whole
from berth.doors.oci import errors
from berth.doors.sign_in import Lent, SignIn
from berth.doors.wire.failures import BodyTooLarge
from berth.people import refresh, tokens
from berth.people.access import Principal
from berth.registry.gate import Reached
from berth.site import Site
from berth.words import time
from berth.words.actions import NONE, Action, Actions
from berth.words.errors import EndpointOff, FieldInvalid, NameInvalid, Refusal, Unauthenticated

PATH = "/v2/token"
MAX_FORM = 65_536
MAX_FIELDS = 200
MAX_SCOPES = 100
LONGEST_SCOPE = 512

Rights = Callable[[Principal, Reached, str], Actions]
"""What a principal may do with an image path as it is written there. May raise `NameInvalid`, `EndpointOff`."""
Fields = dict[str, list[str]]

_SCOPE = re.compile(r"(?P<kind>[a-z0-9]+)(?:\((?P<variety>[a-z0-9]+)\))?:(?P<name>.+):(?P<actions>[a-z*,-]*)")
_DOCKERS = {
    "pull": frozenset({Action.PULL}),
    "push": frozenset({Action.PUSH}),
    "delete": frozenset({Action.DELETE}),
    "*": frozenset({Action.PULL, Action.PUSH, Action.DELETE}),
}


@dataclass(frozen=True)
class Asked:
    """What a client wishes for, read from a query or a form."""

    wishes: tokens.Access
    offline: bool


@dataclass(frozen=True)
class TokenDoor:
    site: Site
    sign_in: SignIn
    rights: Rights

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope, receive)
        except Refusal as refusal:
            answer = errors.answer(refusal, reading=False)
        except BodyTooLarge as large:
            answer = errors.error(413, "UNSUPPORTED", str(large))
        if answer.status == 401:  # noqa: PLR2004  RFC 9110
            answer.headers.append(("WWW-Authenticate", 'Basic realm="berth", charset="UTF-8"'))
        await answer.send(send, head=scope["method"] == "HEAD")

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        match scope["method"]:
            case "GET":
                return await in_thread(self.get, scope, _fields(scope["query_string"]))
            case "POST":
                idle_seconds = self.site.settings.idle_seconds
                form = _fields(await read_whole(Headers(scope), receive, MAX_FORM, idle_seconds=idle_seconds))
                return await in_thread(self.post, scope, form)
        refused = errors.error(405, "UNSUPPORTED", "the token endpoint takes GET and POST")
        refused.headers.append(("Allow", "GET, POST"))
        return refused

    def get(self, scope: Scope, query: Fields) -> Answer:
        asked = self._asked(query, offline=_one(query, "offline_token") == "true")
        caller = self.sign_in.caller(scope)
        if caller.bounds is None:
            return self._grant(scope, caller.principal, asked)
        lent = self.sign_in.lent(scope)
        if lent is None:
            raise Unauthenticated("a token is had for a name and password, not for another token")
        return self._same(lent, asked)

    def post(self, scope: Scope, form: Fields) -> Answer:
        offline = _one(form, "access_type") == "offline" or _one(form, "grant_type") == "refresh_token"
        asked = self._asked(form, offline=offline)
        match _one(form, "grant_type"):
            case "password":
                caller = self.sign_in.by_password(scope, _one(form, "username"), _one(form, "password"))
                return self._grant(scope, caller.principal, asked)
            case "refresh_token":
                token = _one(form, "refresh_token")
                return self._grant(scope, self._refreshed(token), asked, refresh_token=token)
        raise FieldInvalid("grant_type", "'password' or 'refresh_token'")

    def _refreshed(self, token: str) -> Principal:
        now = self.site.now()
        with self.site.db.read() as tx:
            principal = refresh.principal_of(tx, token, self.site.settings.service, at=now)
        if principal.key_id is not None:
            self.sign_in.key_use.record(principal.key_id, now)
        return principal

    def _asked(self, fields: Fields, *, offline: bool) -> Asked:
        """Raises `FieldInvalid`."""
        if _one(fields, "service") not in ("", self.site.settings.service):
            raise FieldInvalid("service", f"this is {self.site.settings.service!r}")
        texts = [text for line in fields.get("scope", []) for text in line.split()]
        if len(texts) > MAX_SCOPES:
            raise FieldInvalid("scope", f"at most {MAX_SCOPES} at once")
        return Asked(_wishes(texts), offline)

    def _grant(self, scope: Scope, principal: Principal, asked: Asked, *, refresh_token: str = "") -> Answer:
        reached = addresses.reached(self.site.settings, scope)
        granted = {name: self._granted(principal, reached, name, wish) for name, wish in asked.wishes.items()}
        access = {name: actions for name, actions in granted.items() if actions}
        seconds = self._seconds(principal)
        token = tokens.issue(self.site, principal, self.site.settings.service, access, seconds)
        if asked.offline and not principal.is_anonymous:
            return self._answered(token, seconds, access, refresh_token or self._refresh_token(principal))
        return self._answered(token, seconds, access)

    def _same(self, lent: Lent, asked: Asked) -> Answer:
        """Who gives a token as a password asks for what it has already: no other, so nothing wider or longer."""
        access = {name: wish & lent.access.get(name, NONE) for name, wish in asked.wishes.items()}
        left = max(1, int((lent.until - self.site.now()).total_seconds()))
        return self._answered(lent.token, left, {name: actions for name, actions in access.items() if actions})

    def _answered(self, token: str, seconds: int, access: tokens.Access, refresh_token: str = "") -> Answer:
        document = {
            "token": token,
            "access_token": token,
            "expires_in": seconds,
            "issued_at": time.text(self.site.now()),
            "scope": " ".join(_text(name, actions) for name, actions in access.items()),
        }
        if refresh_token:
            document["refresh_token"] = refresh_token
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        return Answer(200, headers, json.dumps(document).encode())

    def _seconds(self, principal: Principal) -> int:
        """A token does not outlive the key it comes from."""
        seconds = self.site.settings.token_seconds
        if principal.good_until is None:
            return seconds
        return max(1, min(seconds, int((principal.good_until - self.site.now()).total_seconds())))

    def _refresh_token(self, principal: Principal) -> str:
        settings = self.site.settings
        with self.site.db.write() as tx:
            return refresh.issue(tx, principal, settings.service, at=self.site.now(), days=settings.refresh_days)

    def _granted(self, principal: Principal, reached: Reached, name: str, wish: Actions) -> Actions:
        if name == tokens.CATALOG:
            return wish  # the catalog shows each caller what they may pull
        try:
            return wish & self.rights(principal, reached, name)
        except (NameInvalid, EndpointOff):
            return NONE


def endpoint(site: Site, sign_in: SignIn, rights: Rights) -> TokenDoor:
    return TokenDoor(site, sign_in, rights)


def _fields(text: bytes) -> Fields:
    """A query string or form. Raises `FieldInvalid` for one with too many fields."""
    try:
        return parse_qs(text.decode(errors="replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise FieldInvalid("form", f"at most {MAX_FIELDS} fields") from None


def _one(fields: Fields, name: str) -> str:
    return fields.get(name, [""])[0]


def _wishes(texts: Iterable[str]) -> tokens.Access:
    """Actions by image path. What Berth does not have (plugins, other kinds) is passed over, as clients expect."""
    wishes: dict[str, Actions] = {}
    for text in texts:
        match = _SCOPE.fullmatch(text) if len(text) <= LONGEST_SCOPE else None
        if match is None:
            raise FieldInvalid(
                "scope", f"{text[:120]!r} does not read 'repository:registry/repository/image:pull,push'"
            )
        if text.startswith(f"{tokens.CATALOG}:"):
            wishes[tokens.CATALOG] = frozenset({Action.PULL})
        elif match["kind"] == "repository" and match["variety"] is None:
            asked = [_DOCKERS.get(word, NONE) for word in match["actions"].split(",")]
            wishes[match["name"]] = wishes.get(match["name"], NONE).union(*asked)
    return wishes


def _text(name: str, actions: Actions) -> str:
    if name == tokens.CATALOG:
        return f"{name}:*"
    return f"repository:{name}:{','.join(action for action in Action if action in actions)}"
