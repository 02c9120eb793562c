"""A listener of its own: what comes in by it is for one registry, whatever host it names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client import Client, challenge, code
from tests.doors.oci import harbour as harbours
from tests.doors.oci.harbour import PRIVATE, Dock, Harbour

EDGE, INSIDE, FREE = "http://127.0.0.1:5001", "http://127.0.0.1:5002", "http://127.0.0.1:5003"
LISTENERS = "edge=127.0.0.1:5001,inside=127.0.0.1:5002,free=127.0.0.1:5003"


@pytest.fixture
def harbour(database_url: str, tmp_path: Path) -> Iterator[Harbour]:
    with harbours.opened(database_url, tmp_path, listeners=LISTENERS) as opened:
        opened.registry("shop", private_listener="inside", public_listener="edge", public_endpoint=True)
        opened.registry("hidden", public_listener="free")
        yield opened


@pytest.fixture
def shop(harbour: Harbour) -> Dock:
    dock = Dock(harbour, harbour.repository("shop"), harbour.somebody(("shop", "owner"), ("hidden", "owner")))
    dock.image().push_image("v1")
    return dock


def at(harbour: Harbour, client: Client, host: str) -> Client:
    return harbour.client(client.name, client.secret, client.speaks, host=host)


@pytest.mark.parametrize("speaks", ["basic", "bearer"])
@pytest.mark.parametrize("where", [EDGE, INSIDE])
def test_names_at_a_listener_begin_with_the_repository(harbour: Harbour, shop: Dock, where: str, speaks: str) -> None:
    client = at(harbour, shop.owner, where)
    client.speaks = "bearer" if speaks == "bearer" else "basic"
    repository = shop.repository.partition("/")[2]
    assert client.image(f"{repository}/hello").get("v1").status_code == 200
    assert client.image(f"{repository}/{speaks}").push_image("v2").digest
    assert client.ask("GET", "/v2/_catalog").json()["repositories"][0].startswith(f"{repository}/")


def test_no_other_registry_is_to_be_had_there(harbour: Harbour, shop: Dock) -> None:
    other = harbour.repository()
    owner = harbour.somebody((PRIVATE, "owner"), ("shop", "owner"))
    owner.image(f"{other}/hello").push_image("v1")
    assert at(harbour, owner, EDGE).image(f"{other}/hello").get("v1").status_code == 404
    assert shop.image().get("v1").status_code == 200  # by its whole name, at the main address


def test_the_listener_counts_before_the_host(harbour: Harbour, shop: Dock) -> None:
    harbour.registry("elsewhere", private_host="elsewhere.test:5001")
    client = at(harbour, shop.owner, "http://elsewhere.test:5001")
    assert client.image(f"{shop.repository.partition('/')[2]}/hello").get("v1").status_code == 200


def test_a_public_listener_that_is_off_lets_nothing_through(harbour: Harbour, shop: Dock) -> None:
    """Else whoever opened a port for one registry would have opened it for all."""
    for name in (shop.image().name, f"{harbour.repository('hidden').partition('/')[2]}/hello"):
        answer = at(harbour, shop.owner, FREE).image(name).get("v1")
        assert (answer.status_code, code(answer)) == (404, "NAME_UNKNOWN")
        assert "this endpoint is off" in answer.text
    nobody = harbour.client(host=FREE)
    assert nobody.ask("GET", "/v2/").status_code == 401


def test_the_challenge_sends_clients_to_the_same_listener(harbour: Harbour) -> None:
    assert challenge(harbour.client(host=EDGE).ask("GET", "/v2/"))["realm"] == f"{EDGE}/v2/token"
