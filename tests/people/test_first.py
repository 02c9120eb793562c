"""The first administrator."""

import threading

import pytest

from berth.people import accounts, sign_in
from berth.people.first import first_administrator
from berth.site import Site
from berth.words.errors import FieldInvalid
from tests import sites
from tests.sites import Clock


def test_a_new_site_gets_an_administrator_with_a_password_of_its_own(site: Site) -> None:
    password = first_administrator(site)
    assert password is not None
    assert sign_in.by_password(site, "admin", password, "").administrator
    assert first_administrator(site) is None


def test_a_password_that_was_set_is_used_and_not_shown(database_url: str, clock: Clock) -> None:
    with sites.opened(database_url, clock, admin_password="given by me") as site:
        assert first_administrator(site) is None
        assert sign_in.by_password(site, "admin", "given by me", "").administrator


def test_a_site_with_people_gets_nobody(site: Site) -> None:
    sites.person(site, "alice")
    assert first_administrator(site) is None
    with site.db.read() as tx:
        assert [one.name for one in accounts.every(tx)] == ["alice"]


def test_a_password_too_long_to_be_one_is_refused(database_url: str, clock: Clock) -> None:
    with sites.opened(database_url, clock, admin_password="x" * 300) as site, pytest.raises(FieldInvalid):
        first_administrator(site)


def test_replicas_that_start_together_make_one_administrator(site: Site) -> None:
    together = threading.Barrier(3)
    shown: list[str | None] = []

    def start() -> None:
        together.wait()
        shown.append(first_administrator(site))

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([password for password in shown if password]) == 1
