"""Whatever is refused is answered with a problem document that says what to do differently."""

from collections.abc import Iterator

import httpx
import pytest

from berth.doors.api.door import MAX_BODY
from tests.client import Client
from tests.doors.api.desk import Desk, fields, problem, somebody
from tests.doors.oci.harbour import Harbour
from tests.inside import BrokenOff


def raw(caller: Desk, body: bytes, **headers: str) -> httpx.Response:
    sent = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return caller.http.post("/api/v1/registries", content=body, headers=sent, auth=(caller.name, caller.secret))


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v2", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/me/"])
def test_a_page_that_is_not_there(root: Desk, path: str) -> None:
    problem(root.ask("GET", path), 404, "no-such-page")


def test_a_method_that_a_page_does_not_take(root: Desk) -> None:
    answer = root.ask("PUT", "/registries", {})
    assert "GET, POST" in problem(answer, 405, "method-not-allowed")["detail"]
    assert answer.headers["allow"] == "GET, POST"


def test_nobody_is_told_to_sign_in(harbour: Harbour) -> None:
    for path in ("/registries", "/nothing"):
        answer = Desk(harbour.client().http, "", "").ask("GET", path)
        problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Basic ")


def test_wrong_credentials_are_refused(root: Desk) -> None:
    answer = Desk(root.http, root.name, "not the secret").ask("GET", "/me")
    problem(answer, 401, "unauthenticated")


def test_guessing_is_slowed_down(root: Desk) -> None:
    guesser = Desk(root.http, "bk_nobody", "guess")
    answers = [guesser.ask("GET", "/me", x_forwarded_for="192.0.2.77") for _ in range(6)]
    problem(answers[-1], 429, "too-many-attempts")
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_a_bearer_token_of_an_image_is_refused_with_the_reason(harbour: Harbour) -> None:
    client: Client = harbour.somebody(("main", "owner"), administrator=True)
    token = client.token("repository:main/apps/hello:pull")
    for given in ({"headers": {"authorization": f"Bearer {token}"}}, {"auth": ("$token", token)}):
        answer = client.http.get("/api/v1/me", **given)
        assert "Basic" in problem(answer, 401, "unauthenticated")["detail"]


def test_every_wrong_field_is_named(root: Desk) -> None:
    document = problem(
        root.ask("POST", "/registries", {"name": "Main", "visibility": "secret", "create_on_push": "yes", "what": 1}),
        400,
        "field-invalid",
    )
    assert set(fields(document)) == {"name", "visibility", "create_on_push", "what"}


def test_a_wrong_parameter_is_named(root: Desk) -> None:
    for query in ("limit=0", "limit=201", "limit=x", "sort=size", "cursor=nonsense", "colour=red", "state=sleeping"):
        document = problem(root.ask("GET", f"/registries?{query}"), 400, "field-invalid")
        assert fields(document) == [query.partition("=")[0]]


def test_nothing_is_done_when_a_parameter_is_not_known(root: Desk, registry: str) -> None:
    """Somebody who writes `dryrun` wants to see first, and deletes nothing."""
    for method, path, body in (
        ("DELETE", f"/registries/{registry}?dryrun=true", None),
        ("POST", f"/registries/{registry}/repositories?dryrun=true", {"name": "apps"}),
        ("GET", "/me?dryrun=true", None),
    ):
        assert fields(problem(root.ask(method, path, body), 400, "field-invalid")) == ["dryrun"]
    assert root.ask("GET", f"/registries/{registry}/repositories").json()["items"] == []


def test_a_cursor_of_another_list_is_refused(root: Desk) -> None:
    for name in ("cursor1", "cursor2"):
        root.post("/registries", {"name": name})
    cursor = root.get("/registries", limit=1, sort="created_at")["next"]
    document = problem(root.ask("GET", f"/registries?cursor={cursor}"), 400, "field-invalid")
    assert fields(document) == ["cursor"]
    problem(root.ask("GET", f"/users?sort=-created_at&cursor={cursor}"), 400, "field-invalid")


@pytest.mark.parametrize("body", [b"{", b'{"name": }', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json(root: Desk, body: bytes) -> None:
    problem(raw(root, body), 400, "json-invalid")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"name"', b"3"])
def test_a_body_that_is_no_object(root: Desk, body: bytes) -> None:
    problem(raw(root, body), 400, "field-invalid")


def test_a_body_in_another_language(root: Desk) -> None:
    problem(raw(root, b"name=main", content_type="application/x-www-form-urlencoded"), 415, "media-type-unsupported")
    problem(raw(root, b'{"name":"main"}', content_type="text/plain"), 415, "media-type-unsupported")


def test_a_body_that_is_too_large(root: Desk) -> None:
    problem(raw(root, b" " * (MAX_BODY + 1)), 413, "too-large")


def test_text_that_no_database_keeps_is_refused(root: Desk) -> None:
    for text in (b"\\u0000", b"\\ud800"):
        document = problem(raw(root, b'{"name": "texts", "description": "a' + text + b'"}'), 400, "field-invalid")
        assert fields(document) == ["description"]
    problem(root.ask("GET", "/registries/a%00b"), 404, "no-such-page")
    problem(root.ask("GET", "/registries?name=a%00b"), 400, "field-invalid")


def test_a_client_that_goes_away_leaves_nothing(root: Desk, name: str) -> None:
    def broken() -> Iterator[bytes]:
        yield f'{{"name": "{name}"'.encode()
        raise BrokenOff

    with pytest.raises(httpx.RemoteProtocolError):
        root.http.post(
            "/api/v1/registries",
            content=broken(),
            headers={"content-type": "application/json"},
            auth=(root.name, root.secret),
        )
    problem(root.ask("GET", f"/registries/{name}"), 404, "unknown")


def test_a_page_of_another_site_changes_nothing(root: Desk, name: str) -> None:
    for site in ("cross-site", "same-site"):
        problem(root.ask("POST", "/registries", {"name": name}, sec_fetch_site=site), 403, "denied")
    assert root.ask("GET", "/registries", sec_fetch_site="cross-site").status_code == 200


def test_a_defect_is_answered_and_not_explained(root: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("the secret of the house")

    monkeypatch.setattr("berth.registry.registries.page", broken)
    answer = root.ask("GET", "/registries")
    problem(answer, 500, "defect")
    assert "secret" not in answer.text


def test_head_is_get_without_a_body(root: Desk) -> None:
    answer = root.ask("HEAD", "/me")
    assert answer.status_code == 200
    assert answer.content == b""


def test_the_document_of_the_api_is_for_everybody(harbour: Harbour) -> None:
    answer = Desk(harbour.client().http, "", "").ask("GET", "/openapi.json")
    assert answer.json()["openapi"].startswith("3.1")


def test_a_refused_act_is_recorded_once(harbour: Harbour, root: Desk, registry: str) -> None:
    reader = somebody(harbour, (registry, "reader"))
    problem(reader.ask("DELETE", f"/registries/{registry}"), 403, "denied")
    problem(reader.ask("GET", "/users"), 403, "denied")
    events = root.get("/events", target=registry, outcome="refused")["items"]
    assert [(event["action"], event["target"]) for event in events] == [("registry.delete", registry)]
    assert "administrator" in events[0]["after"]["reason"]


def test_a_mistake_is_not_recorded(root: Desk, registry: str) -> None:
    problem(root.ask("PATCH", f"/registries/{registry}", {"state": "active"}, if_match=1), 400, "field-invalid")
    assert root.get("/events", target=registry, outcome="refused")["items"] == []
