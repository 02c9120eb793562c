"""Who may see what: whoever may not see a place cannot tell it from one that is not there."""

from typing import Literal

import pytest

from berth.people import keys
from tests.client import Client, challenge, code
from tests.documents import Document
from tests.doors.oci.harbour import OPERATOR, PRIVATE, Dock, Harbour

REQUESTS = [
    ("GET", "manifests/v1"),
    ("HEAD", "manifests/v1"),
    ("GET", "manifests/{digest}"),
    ("PUT", "manifests/v1"),
    ("DELETE", "manifests/v1"),
    ("DELETE", "manifests/{digest}"),
    ("GET", "blobs/{layer}"),
    ("HEAD", "blobs/{layer}"),
    ("DELETE", "blobs/{layer}"),
    ("POST", "blobs/uploads/"),
    ("POST", "blobs/uploads/?mount={layer}&from={name}"),
    ("POST", "blobs/uploads/?digest={layer}"),
    ("GET", "blobs/uploads/{upload}"),
    ("PATCH", "blobs/uploads/{upload}"),
    ("PUT", "blobs/uploads/{upload}?digest={layer}"),
    ("DELETE", "blobs/uploads/{upload}"),
    ("GET", "tags/list"),
    ("GET", "referrers/{digest}"),
    ("POST", "manifests/v1"),
    ("PUT", "tags/list"),
]
NAMES = ["{there}", "{repository}/missing", "main/missing/hello", "nothere/apps/hello"]
CHANGING = {"x-request-id"}


@pytest.fixture(scope="module")
def private(harbour: Harbour, owner: Client) -> tuple[str, Document, str]:
    """A private image with a manifest and a running upload."""
    dock = Dock(harbour, harbour.repository(), owner)
    image = dock.image()
    pushed = image.push_image("v1")
    return image.name, pushed, image.session().rpartition("/")[2]


def callers(harbour: Harbour, kind: str) -> Client:
    stranger = harbour.somebody()
    match kind:
        case "nobody":
            return harbour.client()
        case "nobody with a token":
            return harbour.client(speaks="bearer")
        case "basic":
            return stranger
        case "bearer":
            return harbour.client(stranger.name, stranger.secret, "bearer")
        case _:
            return harbour.somebody(scopes=["other:pull"])


@pytest.mark.parametrize("kind", ["nobody", "nobody with a token", "basic", "bearer", "key for another place"])
def test_what_is_private_answers_as_what_is_missing(
    harbour: Harbour, private: tuple[str, Document, str], kind: str
) -> None:
    name, pushed, upload = private
    caller = callers(harbour, kind)
    words = {"digest": pushed.digest, "layer": pushed.fields["layers"][0]["digest"], "upload": upload}
    for method, rest in REQUESTS:
        answers = set()
        for each in NAMES:
            path = each.format(there=name, repository=name.rpartition("/")[0])
            answer = caller.ask(method, f"/v2/{path}/{rest.format(name=path, **words)}")
            assert answer.status_code in (401, 403, 404, 405), (method, rest, path)
            shown = {key: value for key, value in answer.headers.items() if key not in CHANGING | {"content-length"}}
            registry_and_repository = path.rpartition("/")[0]
            answers.add(
                (answer.status_code, f"{answer.text} {shown}".replace(path, "N").replace(registry_and_repository, "R"))
            )
        assert len(answers) == 1, (method, rest, answers)


@pytest.mark.parametrize("speaks", ["basic", "bearer"])
def test_who_pushes_elsewhere_in_the_registry_cannot_tell_a_private_repository_from_a_missing_one(
    harbour: Harbour, private: tuple[str, Document, str], speaks: Literal["basic", "bearer"]
) -> None:
    name, _, upload = private
    somebody = harbour.somebody((harbour.repository(), "writer"))
    caller = harbour.client(somebody.name, somebody.secret, speaks)
    for method, rest in REQUESTS:
        answers = set()
        for path in (name, f"{PRIVATE}/missing/hello"):
            answer = caller.ask(method, f"/v2/{path}/{rest.format(name=path, digest='v1', layer='x', upload=upload)}")
            place = path.rpartition("/")[0]
            answers.add((answer.status_code, answer.text.replace(path, "N").replace(place, "R")))
        assert len(answers) == 1, (method, rest, answers)


def test_a_token_that_was_asked_for_anything_gets_nothing_and_is_still_a_token(
    harbour: Harbour, private: tuple[str, Document, str]
) -> None:
    name = private[0]
    stranger = harbour.somebody()
    for path in (name, "main/missing/hello", "nothere/apps/hello", "x"):
        caller = harbour.client("", stranger.token(f"repository:{path}:pull,push,delete"))
        answer = caller.ask("GET", f"/v2/{name}/manifests/v1")
        assert (answer.status_code, code(answer)) == (401, "UNAUTHORIZED")


ALLOWED = {
    "reader": {"GET"},
    "writer": {"GET", "PUT"},
    "manager": {"GET", "PUT", "DELETE"},
    "delete": {"DELETE"},
}


@pytest.mark.parametrize("where", ["registry", "repository"])
@pytest.mark.parametrize("speaks", ["basic", "bearer"])
@pytest.mark.parametrize("role", ["reader", "writer", "manager", "delete"])
def test_a_grant_allows_what_it_says(
    harbour: Harbour, dock: Dock, role: str, speaks: Literal["basic", "bearer"], where: str
) -> None:
    pushed = dock.image().push_image("v1")
    somebody = harbour.somebody((PRIVATE if where == "registry" else dock.repository, role))
    image = harbour.client(somebody.name, somebody.secret, speaks).image(dock.image().name)
    answers = {
        "GET": image.get("v1"),
        "PUT": image.put("v2", pushed),
        "DELETE": image.delete("manifests/v1"),
    }
    assert {method for method, answer in answers.items() if answer.status_code < 300} == ALLOWED[role]


def test_a_key_allows_no_more_than_its_scopes(harbour: Harbour, dock: Dock) -> None:
    dock.image().push_image("v1")
    for scope, statuses in (
        (f"{dock.repository}:pull", (200, 403)),
        ("main:pull,push", (200, 202)),
        ("other:pull", (404, 403)),
    ):
        image = harbour.somebody((PRIVATE, "owner"), scopes=[scope]).image(dock.image().name)
        assert (image.get("v1").status_code, image.start().status_code) == statuses


def test_anybody_may_pull_from_a_public_registry_and_nothing_else(quay: Dock) -> None:
    pushed = quay.image().push_image("v1")
    layer = pushed.fields["layers"][0]["digest"]
    for speaks in ("basic", "bearer"):
        image = quay.harbour.client(speaks=speaks).image(quay.image().name)
        assert image.get("v1").content == pushed.body
        assert image.blob(layer).status_code == 200
        assert image.tags() == ["v1"]
        assert image.referrers(pushed.digest) == []
        for answer in (
            image.start(),
            image.put("v2", pushed),
            image.delete("manifests/v1"),
            image.delete(f"blobs/{layer}"),
        ):
            assert answer.status_code == 401


def test_a_blob_is_readable_only_through_an_image_that_holds_it(dock: Dock) -> None:
    digest = dock.image("one").push(b"mine")
    dock.image("two").push_image("v1")
    for method in ("GET", "HEAD"):
        assert dock.image("one").blob(digest, method).status_code == 200
        assert dock.image("two").blob(digest, method).status_code == 404
        assert dock.image("three").blob(digest, method).status_code == 404


def test_a_manifest_is_readable_only_in_its_image(dock: Dock) -> None:
    pushed = dock.image("one").push_image("v1")
    assert dock.image("two").get(pushed.digest).status_code == 404


def test_a_right_that_is_taken_away_ends_at_the_next_request(harbour: Harbour, dock: Dock) -> None:
    image = dock.image()
    image.push_image("v1")
    somebody = harbour.somebody((dock.repository, "reader"))
    reader, bearer = somebody.image(image.name), harbour.client("", somebody.token(f"repository:{image.name}:pull"))
    assert reader.get("v1").status_code == bearer.image(image.name).get("v1").status_code == 200
    with harbour.site.db.write() as tx:
        keys.revoke(tx, OPERATOR, somebody.name, at=harbour.now())
    assert reader.get("v1").status_code == bearer.image(image.name).get("v1").status_code == 401


def test_the_challenge_says_where_a_token_is_had_and_for_what(harbour: Harbour, dock: Dock) -> None:
    name = dock.image().name
    for method, rest, scope in (
        ("GET", "manifests/v1", "pull"),
        ("HEAD", f"blobs/sha256:{'0' * 64}", "pull"),
        ("GET", "tags/list", "pull"),
        ("POST", "blobs/uploads/", "pull,push"),
        ("PUT", "manifests/v1", "pull,push"),
        ("DELETE", "manifests/v1", "delete"),
    ):
        answer = harbour.client().ask(method, f"/v2/{name}/{rest}")
        assert answer.status_code == 401
        assert len(answer.headers.get_list("www-authenticate")) == 1
        assert challenge(answer) == {
            "realm": "http://berth.test/v2/token",
            "service": "berth",
            "scope": f"repository:{name}:{scope}",
        }


@pytest.mark.parametrize(("asked", "done"), [("pull", "PUT"), ("push", "GET"), ("pull,push", "DELETE")])
def test_a_token_does_what_it_was_asked_for_and_no_more(harbour: Harbour, dock: Dock, asked: str, done: str) -> None:
    name = dock.image().name
    dock.image().push_image("v1")
    caller = harbour.client("", dock.owner.token(f"repository:{name}:{asked}"))
    answer = caller.ask(done, f"/v2/{name}/manifests/v1")
    assert (answer.status_code, code(answer)) == (401, "UNAUTHORIZED")
    assert challenge(answer)["error"] == "insufficient_scope"


def test_a_token_is_for_its_image_only(harbour: Harbour, dock: Dock) -> None:
    dock.image("one").push_image("v1")
    dock.image("two").push_image("v1")
    caller = harbour.client("", dock.owner.token(f"repository:{dock.repository}/one:pull"))
    assert caller.image(f"{dock.repository}/one").get("v1").status_code == 200
    assert caller.image(f"{dock.repository}/two").get("v1").status_code == 401
