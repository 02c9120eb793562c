"""Host names: with one of a registry's own, names are `repository/image`."""

import pytest

from tests.client import Client, challenge, code
from tests.doors.oci.harbour import Dock, Harbour


@pytest.fixture
def host(harbour: Harbour) -> str:
    """The host name of a new registry, which is the part before the first dot."""
    name = f"reg{next(harbour.names)}"
    harbour.registry(name, private_host=f"{name}.example.org", public_host=f"pub-{name}.example.org")
    return f"{name}.example.org"


def dock(harbour: Harbour, host: str) -> Dock:
    registry = host.partition(".")[0]
    return Dock(harbour, harbour.repository(registry), harbour.somebody((registry, "owner")))


def at(harbour: Harbour, client: Client, host: str) -> Client:
    return harbour.client(client.name, client.secret, client.speaks, host=f"http://{host}")


@pytest.mark.parametrize("speaks", ["basic", "bearer"])
def test_both_names_mean_the_same_image(harbour: Harbour, host: str, speaks: str) -> None:
    here = dock(harbour, host)
    by_host = at(harbour, here.owner, host)
    by_host.speaks = "bearer" if speaks == "bearer" else "basic"
    short = by_host.image(f"{here.repository.partition('/')[2]}/hello")
    pushed = short.push_image("v1")
    assert here.image().get("v1").content == pushed.body
    assert short.tags() == ["v1"]
    assert short.push_whole(b"x").headers["location"].startswith(f"/v2/{short.name}/blobs/")


def test_the_host_is_not_case_sensitive(harbour: Harbour, host: str) -> None:
    here = dock(harbour, host)
    here.image().push_image("v1")
    shouting = at(harbour, here.owner, host.upper())
    assert shouting.image(f"{here.repository.partition('/')[2]}/hello").get("v1").status_code == 200


def test_the_challenge_names_the_image_as_the_client_does(harbour: Harbour, host: str) -> None:
    nobody = harbour.client(host=f"http://{host}")
    asked = challenge(nobody.ask("GET", "/v2/apps/hello/tags/list"))
    assert asked["realm"] == f"http://{host}/v2/token"
    assert asked["scope"] == "repository:apps/hello:pull"


def test_the_registry_of_a_host_is_the_only_one_there(harbour: Harbour, host: str, owner: Client) -> None:
    elsewhere = harbour.repository()
    owner.image(f"{elsewhere}/hello").push_image("v1")
    answer = at(harbour, owner, host).image(f"{elsewhere}/hello").get("v1")
    assert answer.status_code == 404


def test_a_name_of_one_part_is_taught_the_form(harbour: Harbour, host: str) -> None:
    here = dock(harbour, host)
    answer = at(harbour, here.owner, host).image("hello").start()
    assert (answer.status_code, code(answer)) == (400, "NAME_INVALID")
    assert "repository/image" in answer.json()["errors"][0]["message"]


def test_the_catalog_of_a_host_is_that_of_its_registry(harbour: Harbour, host: str, owner: Client) -> None:
    here = dock(harbour, host)
    here.image().push_image("v1")
    owner.image(f"{harbour.repository()}/hello").push_image("v1")
    found = at(harbour, here.owner, host).ask("GET", "/v2/_catalog").json()["repositories"]
    assert found == [f"{here.repository.partition('/')[2]}/hello"]


def test_a_public_host_that_is_off_is_no_host_of_the_registry(harbour: Harbour, host: str) -> None:
    here = dock(harbour, host)
    here.image().push_image("v1")
    by_public = at(harbour, here.owner, f"pub-{host}")
    assert by_public.image(f"{here.repository.partition('/')[2]}/hello").get("v1").status_code == 404
    assert by_public.image(here.image().name).get("v1").status_code == 200


def test_a_mount_names_its_source_as_the_client_does(harbour: Harbour, host: str) -> None:
    here = dock(harbour, host)
    digest = here.image("source").push(b"shared")
    repository = here.repository.partition("/")[2]
    for speaks in ("basic", "bearer"):
        client = at(harbour, here.owner, host)
        client.speaks = "bearer" if speaks == "bearer" else "basic"
        assert client.image(f"{repository}/{speaks}").mount(digest, f"{repository}/source").status_code == 201
    assert at(harbour, here.owner, host).image(f"{repository}/any").mount(digest).status_code == 201
