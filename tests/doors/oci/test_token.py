"""The token endpoint: what is asked, what is granted, and what is refused."""

import asyncio
import base64
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.types import Message

from berth.doors.oci import token
from berth.doors.sign_in import SignIn
from berth.people import accounts, keys, tokens
from berth.people.access import Principal
from berth.registry.gate import Reached
from berth.site import Site
from berth.words import actions
from berth.words.actions import Action, Actions
from berth.words.errors import NameInvalid
from tests import sites
from tests.sites import OPERATOR, PASSWORD, Clock

ALL = "pull,push,delete"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    document: dict[str, Any]  # Any: JSON

    @property
    def code(self) -> str:
        found: str = self.document["errors"][0]["code"]
        return found


def rights(principal: Principal, reached: Reached, name: str) -> Actions:
    """Stands for the registry's gate: alice writes in main, everybody pulls from open, a host may name the registry."""
    name = f"main/{name}" if reached.host == "main.example.org" else name
    if name.count("/") < 2:
        raise NameInvalid("image path", name, "three parts")
    registry = name.partition("/")[0]
    if registry == "open":
        return frozenset({Action.PULL})
    return actions.ROLES["writer"] if registry == "main" and principal.name == "alice" else actions.NONE


@dataclass
class Client:
    site: Site
    host: str = "localhost:5000"

    def __post_init__(self) -> None:
        self.sign_in = SignIn(self.site)
        self.app = token.endpoint(self.site, self.sign_in, rights)

    def get(self, *fields: tuple[str, str], user: tuple[str, str] | None = None) -> Answer:
        return self.send("GET", query=urlencode(fields).encode(), headers=_authorization(user))

    def post(self, **fields: str) -> Answer:
        return self.send("POST", urlencode(fields).encode(), headers=[(b"content-type", FORM.encode())])

    def send(
        self, method: str, body: bytes = b"", query: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None
    ) -> Answer:
        sent: list[Message] = []
        scope = {
            "type": "http",
            "method": method,
            "path": token.PATH,
            "query_string": query,
            "client": ("192.0.2.1", 4711),
            "headers": [(b"host", self.host.encode()), *(headers or [])],
        }

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], answered, json.loads(sent[1]["body"] or b"{}"))

    def access(self, answer: Answer) -> dict[str, str]:
        assert answer.status == 200, answer
        verified = tokens.verify(self.site, answer.document["token"])
        return {name: actions.join(granted) for name, granted in verified.access.items()}


def _authorization(user: tuple[str, str] | None) -> list[tuple[bytes, bytes]]:
    if user is None:
        return []
    return [(b"authorization", b"Basic " + base64.b64encode(":".join(user).encode()))]


ALICE = ("alice", PASSWORD)


@pytest.fixture
def client(site: Site) -> Client:
    sites.person(site, "alice")
    return Client(site)


def scope(text: str) -> tuple[str, str]:
    return ("scope", text)


def test_what_was_asked_and_is_allowed_is_granted(client: Client) -> None:
    answer = client.get(("service", "berth"), scope(f"repository:main/apps/x:{ALL}"), user=ALICE)
    assert client.access(answer) == {"main/apps/x": "pull,push"}
    assert answer.document["scope"] == "repository:main/apps/x:pull,push"


def test_no_more_is_granted_than_was_asked(client: Client) -> None:
    assert client.access(client.get(scope("repository:main/apps/x:pull"), user=ALICE)) == {"main/apps/x": "pull"}


def test_the_answer_has_all_that_clients_read(client: Client, site: Site) -> None:
    answer = client.get(scope("repository:main/apps/x:pull"), user=ALICE)
    assert answer.document.keys() == {"token", "access_token", "expires_in", "issued_at", "scope"}
    assert answer.document["token"] == answer.document["access_token"]
    assert answer.document["expires_in"] == site.settings.token_seconds
    assert answer.document["issued_at"] == "2026-01-02T03:04:05.000000Z"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"


def test_scopes_come_several_and_separated_by_spaces(client: Client) -> None:
    answer = client.get(
        scope("repository:main/apps/x:pull repository:main/apps/y:push"),
        scope("repository:main/apps/x:push"),
        scope("repository:open/apps/z:pull"),
        user=ALICE,
    )
    assert client.access(answer) == {"main/apps/x": "pull,push", "main/apps/y": "push", "open/apps/z": "pull"}


def test_nothing_granted_is_still_a_token(client: Client) -> None:
    answer = client.get(scope("repository:other/apps/x:pull"), user=ALICE)
    assert client.access(answer) == {}
    assert answer.document["scope"] == ""


def test_signing_in_without_a_scope_gives_a_token(client: Client) -> None:
    assert client.access(client.get(("account", "alice"), ("client_id", "docker"), user=ALICE)) == {}


def test_an_anonymous_token_pulls_what_is_public(client: Client) -> None:
    answer = client.get(scope(f"repository:open/apps/x:{ALL}"), scope("repository:main/apps/x:pull"))
    assert client.access(answer) == {"open/apps/x": "pull"}
    payload = answer.document["token"].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(payload + "=="))["sub"] == ""


def test_nobody_refreshes_an_anonymous_token(client: Client) -> None:
    assert "refresh_token" not in client.get(("offline_token", "true")).document


def test_the_star_asks_for_everything(client: Client) -> None:
    assert client.access(client.get(scope("repository:main/apps/x:*"), user=ALICE)) == {"main/apps/x": "pull,push"}


def test_the_catalog_can_be_asked_for(client: Client) -> None:
    answer = client.get(scope("registry:catalog:*"), user=ALICE)
    assert client.access(answer) == {tokens.CATALOG: "pull"}
    assert answer.document["scope"] == "registry:catalog:*"


@pytest.mark.parametrize(
    "text",
    [
        "repository(plugin):main/apps/x:pull",
        "registry:other:*",
        "project:main:pull",
        "repository:main/apps/x:fly",
        "repository:main/apps/x:",
        "repository:apps:pull",
        "repository:host:5000/main/apps/x:pull",
    ],
)
def test_what_berth_does_not_have_is_passed_over(client: Client, text: str) -> None:
    assert client.access(client.get(scope(text), user=ALICE)) == {}


@pytest.mark.parametrize(
    "text", ["x", "repository:main/apps/x", ":::", "repository::pull", f"repository:{'x' * 600}:pull"]
)
def test_a_scope_that_is_none_is_a_bad_request(client: Client, text: str) -> None:
    assert client.get(scope(text), user=ALICE).status == 400


def test_at_most_a_hundred_scopes(client: Client) -> None:
    texts = [f"repository:main/apps/x{number}:pull" for number in range(101)]
    assert client.get(*map(scope, texts), user=ALICE).status == 400
    assert len(client.access(client.get(*map(scope, texts[:100]), user=ALICE))) == 100
    assert client.send("GET", query=b"&".join(b"x=%d" % number for number in range(300))).status == 400


def test_a_hundred_long_names_make_a_token_that_is_taken(client: Client) -> None:
    texts = [f"repository:main/apps/{'x' * 230}{number}:pull,push" for number in range(100)]
    assert len(client.access(client.get(*map(scope, texts), user=ALICE))) == 100


def test_a_host_may_name_the_registry(client: Client) -> None:
    client.host = "main.example.org"
    assert client.access(client.get(scope("repository:apps/x:pull"), user=ALICE)) == {"apps/x": "pull"}


def test_another_service_is_a_bad_request(client: Client) -> None:
    assert client.get(("service", "elsewhere"), user=ALICE).status == 400


@pytest.mark.parametrize("user", [("alice", "wrong password"), ("nobody", PASSWORD), ("", "")])
def test_wrong_credentials_are_refused_by_both_methods(client: Client, user: tuple[str, str]) -> None:
    answers = [client.get(user=user), client.post(grant_type="password", username=user[0], password=user[1])]
    for answer in answers:
        assert (answer.status, answer.code) == (401, "UNAUTHORIZED")
        assert answer.headers["www-authenticate"].startswith("Basic ")


def test_who_guesses_has_to_wait(client: Client) -> None:
    for _ in range(5):
        client.get(user=("alice", "wrong password"))
    answer = client.get(user=ALICE)
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (429, "TOOMANYREQUESTS", "1")


def test_a_token_is_not_had_for_another_token(client: Client) -> None:
    narrow = client.get(scope("repository:main/apps/x:pull"), user=ALICE).document["token"]
    answer = client.send("GET", headers=[(b"authorization", b"Bearer " + narrow.encode())])
    assert answer.status == 401


def test_a_token_that_is_a_password_is_had_again_and_no_other(client: Client, site: Site, clock: Clock) -> None:
    narrow: str = client.get(scope("repository:main/apps/x:pull"), user=ALICE).document["token"]
    clock.forward(seconds=100)
    wider = client.get(scope("repository:main/apps/x:pull,push repository:main/apps/y:pull"), user=("$token", narrow))
    assert wider.document["token"] == narrow
    assert wider.document["scope"] == "repository:main/apps/x:pull"
    assert wider.document["expires_in"] == site.settings.token_seconds - 100
    assert "refresh_token" not in client.get(("offline_token", "true"), user=("$token", narrow)).document


def test_a_token_that_is_a_password_is_verified_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow: str = client.get(scope("repository:main/apps/x:pull"), user=ALICE).document["token"]
    verified, verify = [], tokens.verify

    def noted(site: Site, token: str) -> tokens.Verified:
        verified.append(token)
        return verify(site, token)

    monkeypatch.setattr(tokens, "verify", noted)
    for _ in range(2):
        assert client.get(user=("$token", narrow)).document["token"] == narrow
    assert verified == [narrow]


def test_a_token_is_no_password_in_a_form(client: Client) -> None:
    narrow: str = client.get(scope("repository:main/apps/x:pull"), user=ALICE).document["token"]
    answer = client.post(grant_type="password", username="$token", password=narrow, scope="repository:main/apps/x:push")
    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("secret", ["", "none", "a.b.c"])
def test_what_is_no_token_is_no_password_either(client: Client, secret: str) -> None:
    assert client.get(user=("$token", secret)).status == 401


def test_a_password_may_come_in_a_form(client: Client) -> None:
    answer = client.post(
        grant_type="password",
        username="alice",
        password=PASSWORD,
        service="berth",
        client_id="docker",
        scope="repository:main/apps/x:pull,push repository:open/apps/x:pull",
    )
    assert client.access(answer) == {"main/apps/x": "pull,push", "open/apps/x": "pull"}
    assert "refresh_token" not in answer.document


def refresh_token(client: Client, user: tuple[str, str] = ALICE) -> str:
    form = {"grant_type": "password", "username": user[0], "password": user[1], "access_type": "offline"}
    found: str = client.post(**form).document["refresh_token"]
    return found


def refreshed(client: Client, refresh: str) -> Answer:
    wish = "repository:main/apps/x:pull"
    return client.post(grant_type="refresh_token", refresh_token=refresh, service="berth", scope=wish)


def test_a_refresh_token_fetches_tokens(client: Client) -> None:
    offline = client.get(("offline_token", "true"), user=ALICE).document["refresh_token"]
    for refresh in (refresh_token(client), offline):
        answer = refreshed(client, refresh)
        assert client.access(answer) == {"main/apps/x": "pull"}
        assert answer.document["refresh_token"] == refresh


def test_a_refresh_token_ends_with_its_days(client: Client, site: Site, clock: Clock) -> None:
    refresh = refresh_token(client)
    clock.forward(days=site.settings.refresh_days)
    assert refreshed(client, refresh).status == 401


def test_a_refresh_token_ends_with_its_account(client: Client, site: Site) -> None:
    refresh = refresh_token(client)
    with site.db.write() as tx:
        accounts.disable(tx, OPERATOR, "alice", at=site.now())
    assert refreshed(client, refresh).status == 401


def test_a_refresh_token_ends_with_its_key(client: Client, site: Site) -> None:
    key, secret = sites.key(site, sites.robot(site, "ci"))
    refresh = refresh_token(client, (key.id, secret))
    assert refreshed(client, refresh).status == 200
    with site.db.write() as tx:
        keys.revoke(tx, OPERATOR, key.id, at=site.now())
    assert refreshed(client, refresh).status == 401


def test_a_token_does_not_outlive_its_key(client: Client, site: Site, clock: Clock) -> None:
    expires = clock.at + timedelta(seconds=90)
    key, secret = sites.key(site, sites.robot(site, "ci"), expires_at=expires)
    answer = client.get(user=(key.id, secret))
    assert answer.document["expires_in"] == 90
    assert tokens.verify(site, answer.document["token"]).expires == expires


@pytest.mark.parametrize(
    "form", [{}, {"grant_type": "authorization_code"}, {"grant_type": "password", "scope": "nonsense"}]
)
def test_a_form_that_makes_no_sense_is_a_bad_request(client: Client, form: dict[str, str]) -> None:
    assert client.post(**form).status == 400


def test_a_refresh_token_that_is_none_is_refused(client: Client) -> None:
    for junk in ("", "x", "\0", "x" * 10_000):
        assert refreshed(client, junk).status == 401


def test_a_form_has_at_most_64_kib(client: Client) -> None:
    assert client.send("POST", b"x" * 65_537).status == 413
    assert client.send("POST", b"x" * 65_536).status == 400


def test_a_form_of_bytes_that_are_no_text_is_answered(client: Client) -> None:
    for body in (b"\xff\xfe", b"grant_type=%ff", b"grant_type=password&username=%00&password=%ff", b"=&=&&;"):
        assert client.send("POST", body).status in (400, 401)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods_are_not_taken(client: Client, method: str) -> None:
    answer = client.send(method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")
