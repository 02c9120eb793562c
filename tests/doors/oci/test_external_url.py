"""Where clients are sent for a token when Berth has been told its address."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client import challenge
from tests.doors.oci import harbour as harbours
from tests.doors.oci.harbour import Harbour


@pytest.fixture
def told(sqlite_url: str, tmp_path: Path) -> Iterator[Harbour]:
    """A Berth that was told its address."""
    with harbours.opened(sqlite_url, tmp_path, external_url="https://registry.example.org") as opened:
        yield opened


def test_the_token_is_had_at_the_address_that_was_told(told: Harbour) -> None:
    asked = challenge(told.client().ask("GET", "/v2/main/apps/hello/tags/list"))
    assert asked["realm"] == "https://registry.example.org/v2/token"


def test_at_the_host_of_a_registry_the_token_is_had_there_where_names_are_shorter(told: Harbour) -> None:
    told.registry("other", private_host="other.example.org")
    asked = challenge(told.client(host="http://other.example.org").ask("GET", "/v2/apps/hello/tags/list"))
    assert asked["realm"] == "https://other.example.org/v2/token"
    assert asked["scope"] == "repository:apps/hello:pull"
