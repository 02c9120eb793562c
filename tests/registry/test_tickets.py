from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from berth.registry import tickets
from berth.registry.tickets import Ticket
from berth.site import Site
from tests import sites

AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
PATH = "main/apps/web"


@contextmanager
def replica(database_url: str) -> Iterator[Site]:
    with sites.opened(database_url, sites.Clock()) as site:
        yield site


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_an_id_tells_when_the_upload_began_and_how_it_is_hashed(site: Site, algorithm: str) -> None:
    upload_id = tickets.issue(site, 7, PATH, algorithm, at=AT + timedelta(microseconds=999_999))
    assert tickets.read(site, 7, PATH, upload_id) == Ticket(AT, algorithm)
    assert tickets.started(upload_id) == AT


@pytest.mark.parametrize(("repository_id", "path"), [(8, PATH), (7, "main/apps/we"), (7, "main/apps/web/b")])
def test_it_is_for_one_image(site: Site, repository_id: int, path: str) -> None:
    assert tickets.read(site, repository_id, path, tickets.issue(site, 7, PATH, "sha256", at=AT)) is None


def test_no_letter_of_it_can_be_another(site: Site) -> None:
    upload_id = tickets.issue(site, 7, PATH, "sha256", at=AT)
    for place, letter in enumerate(upload_id):
        other = upload_id[:place] + ("0" if letter != "0" else "1") + upload_id[place + 1 :]
        assert tickets.read(site, 7, PATH, other) is None


def test_what_is_no_id_is_none_of_ours(site: Site) -> None:
    upload_id = tickets.issue(site, 7, PATH, "sha256", at=AT)
    for text in (
        "",
        "x",
        upload_id.upper(),
        f"{upload_id}0",
        f"../{upload_id}",
        "00000000-0000-0000-0000-000000000000",
    ):
        assert tickets.read(site, 7, PATH, text) is None


def test_no_two_are_alike(site: Site) -> None:
    assert len({tickets.issue(site, 7, PATH, "sha256", at=AT) for _ in range(10_000)}) == 10_000


def test_any_replica_reads_what_another_has_issued(database_url: str) -> None:
    with replica(database_url) as one, replica(database_url) as other:
        upload_id = tickets.issue(one, 7, PATH, "sha256", at=AT)
        assert tickets.read(other, 7, PATH, upload_id) == Ticket(AT, "sha256")
        assert tickets.read(one, 7, PATH, tickets.issue(other, 7, PATH, "sha512", at=AT)) == Ticket(AT, "sha512")
