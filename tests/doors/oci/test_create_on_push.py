"""Repositories that are not there: made by a push where the registry allows it, else the answer teaches."""

import pytest

from tests.client import code
from tests.doors.oci.harbour import PRIVATE, Harbour


@pytest.fixture
def registry(harbour: Harbour) -> str:
    """A registry that makes repositories on push."""
    return harbour.registry(f"made{next(harbour.names)}", create_on_push=True)


def test_a_push_makes_the_repository(harbour: Harbour, registry: str) -> None:
    image = harbour.somebody((registry, "writer")).image(f"{registry}/new-one/hello")
    pushed = image.push_image("v1")
    assert image.get("v1").content == pushed.body


def test_a_pull_makes_nothing(harbour: Harbour, registry: str) -> None:
    writer = harbour.somebody((registry, "writer"))
    image = writer.image(f"{registry}/new-one/hello")
    for rest in ("tags/list", "manifests/v1", f"blobs/sha256:{'0' * 64}"):
        answer = image.ask("GET", rest)
        assert (answer.status_code, code(answer)) == (404, "NAME_UNKNOWN")


def test_who_may_not_push_there_makes_nothing(harbour: Harbour, registry: str) -> None:
    for somebody in (harbour.somebody(), harbour.somebody((registry, "reader"))):
        assert somebody.image(f"{registry}/new-one/hello").start().status_code == 403


def test_a_name_that_breaks_the_rule_is_not_made(harbour: Harbour, registry: str) -> None:
    answer = harbour.somebody((registry, "writer")).image(f"{registry}/UPPER/hello").start()
    assert (answer.status_code, code(answer)) == (400, "NAME_INVALID")


@pytest.mark.parametrize("role", ["registry", "another repository", "administrator"])
def test_who_pushes_in_the_registry_is_taught_how_to_create_a_repository(harbour: Harbour, role: str) -> None:
    somebody = {
        "registry": lambda: harbour.somebody((PRIVATE, "writer")),
        "another repository": lambda: harbour.somebody((harbour.repository(), "writer")),
        "administrator": lambda: harbour.somebody(administrator=True),
    }[role]()
    for client in (somebody, harbour.client(somebody.name, somebody.secret, "bearer")):
        answer = client.image("main/missing/hello").start()
        assert (answer.status_code, code(answer)) == (404, "NAME_UNKNOWN")
        assert "berth repository create main/missing" in answer.json()["errors"][0]["message"]


def test_an_administrator_is_told_of_a_missing_registry(harbour: Harbour) -> None:
    answer = harbour.somebody(administrator=True).image("nothere/apps/hello").start()
    assert (answer.status_code, code(answer)) == (404, "NAME_UNKNOWN")
    assert "nothere" in answer.json()["errors"][0]["message"]
