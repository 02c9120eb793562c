"""What every answer has in common: its form, its id, the methods a place takes."""

import json

import pytest
from sqlalchemy import select

from berth.db.tables import audit_event
from tests.client import Client, challenge, code
from tests.doors.oci.harbour import Dock, Harbour

pytestmark = pytest.mark.parametrize("harbour", ["sqlite"], indirect=True, scope="session")  # no database matters here

DIGEST = "sha256:" + "0" * 64
ALLOWED = {
    "manifests/v1": "GET, HEAD, PUT, DELETE",
    f"blobs/{DIGEST}": "GET, HEAD, DELETE",
    "blobs/uploads/": "POST",
    "blobs/uploads/x": "GET, PATCH, PUT, DELETE",
    "tags/list": "GET",
    f"referrers/{DIGEST}": "GET",
}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]


@pytest.mark.parametrize("rest", list(ALLOWED))
def test_a_place_says_which_methods_it_takes(dock: Dock, rest: str) -> None:
    for method in METHODS:
        answer = dock.image().ask(method, rest)
        if method in ALLOWED[rest].split(", "):
            assert answer.status_code != 405
        else:
            assert (answer.status_code, answer.headers["allow"]) == (405, ALLOWED[rest])
            assert method == "HEAD" or code(answer) == "UNSUPPORTED"


@pytest.mark.parametrize(
    ("target", "allowed"), [("/v2/", "GET, HEAD"), ("/v2/_catalog", "GET"), ("/v2/token", "GET, POST")]
)
def test_the_places_without_a_name_do_too(owner: Client, target: str, allowed: str) -> None:
    answer = owner.ask("DELETE", target)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize("target", ["/v2/", "/v2"])
def test_the_base_asks_everybody_to_sign_in(harbour: Harbour, owner: Client, target: str) -> None:
    answer = harbour.client().ask("GET", target)
    assert (answer.status_code, code(answer)) == (401, "UNAUTHORIZED")
    assert answer.headers["docker-distribution-api-version"] == "registry/2.0"
    for client in (owner, harbour.client(speaks="bearer"), harbour.client(owner.name, owner.secret, "bearer")):
        answer = client.ask("GET", target)
        assert (answer.status_code, answer.json()) == (200, {})
        assert answer.headers["docker-distribution-api-version"] == "registry/2.0"


def test_an_error_is_a_document_that_clients_can_read(dock: Dock) -> None:
    answer = dock.image().get("v1")
    assert answer.headers["content-type"] == "application/json"
    document = json.loads(answer.content)
    assert list(document) == ["errors"]
    assert set(document["errors"][0]) == {"code", "message", "detail"}


@pytest.mark.parametrize("given", ["abc123", "A" * 64])
def test_a_request_keeps_the_id_it_came_with(owner: Client, given: str) -> None:
    assert owner.ask("GET", "/v2/", headers={"X-Request-Id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "A" * 65, "a b", "a\tb", 'a"b', "<script>"])
def test_an_id_that_is_long_or_odd_is_replaced(owner: Client, given: str) -> None:
    found = owner.ask("GET", "/v2/", headers={"X-Request-Id": given}).headers["x-request-id"]
    assert found != given
    assert found.isalnum()


def test_every_answer_has_an_id_of_its_own(owner: Client, harbour: Harbour) -> None:
    answers = [owner.ask("GET", "/v2/"), owner.ask("GET", "/nothing"), harbour.client().ask("GET", "/v2/")]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3


def test_audit_knows_the_request(dock: Dock) -> None:
    pushed = dock.image().push_image()
    answer = dock.image().put("v1", pushed)
    with dock.harbour.site.db.read() as tx:
        rows = tx.execute(select(audit_event).where(audit_event.c.target == dock.image().name)).mappings().all()
    assert rows[-1]["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic ???", "Basic YQ==", "Bearer", "Bearer x", "Digest a=b", "x" * 70000, "Bearer a.b.c", "Basic Onh4"],
)
def test_credentials_that_cannot_be_read_are_401(harbour: Harbour, dock: Dock, quay: Dock, header: str) -> None:
    for target in ("/v2/", f"/v2/{dock.repository}/x/tags/list", f"/v2/{quay.repository}/x/tags/list"):
        answer = harbour.client().ask("GET", target, headers={"Authorization": header})
        assert (answer.status_code, code(answer)) == (401, "UNAUTHORIZED")
        assert answer.headers["www-authenticate"].startswith("Bearer ")


def test_a_query_of_a_thousand_fields_is_refused(dock: Dock, harbour: Harbour) -> None:
    fields = "&".join(f"tag=t{number}" for number in range(1000))
    for client in (dock.owner, harbour.client()):
        for method, rest in (("POST", "blobs/uploads/"), ("GET", "tags/list"), ("PUT", f"manifests/{DIGEST}")):
            assert client.ask(method, f"/v2/{dock.repository}/x/{rest}?{fields}").status_code in (400, 401, 404)


def test_nobody_but_a_trusted_proxy_says_where_tokens_are_had(harbour: Harbour) -> None:
    forged = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example.org", "X-Forwarded-For": "10.0.0.1"}
    answer = harbour.client().ask("GET", "/v2/", headers=forged)
    assert challenge(answer)["realm"] == "http://berth.test/v2/token"
