"""Grants: given, added to, taken, listed."""

import threading

import pytest

from berth.people import accounts, grants
from berth.people.grants import Grant
from berth.site import Site
from berth.words.actions import ROLES, Action
from berth.words.errors import FieldInvalid, GrantUnknown
from tests import sites
from tests.sites import OPERATOR


def listed(found: list[Grant]) -> list[tuple[str, str, frozenset[Action]]]:
    return [(grant.user, grant.place, grant.actions) for grant in found]


def test_grants_are_listed_by_place_and_by_account(site: Site) -> None:
    main, apps = sites.place(site, "main"), sites.place(site, "main/apps")
    alice, bob = sites.person(site, "alice"), sites.robot(site, "bob")
    sites.grant(site, alice, main, "reader")
    sites.grant(site, alice, apps, "writer")
    sites.grant(site, bob, apps, "owner")
    with site.db.read() as tx:
        assert listed(grants.on_place(tx, main)) == [("alice", "main", ROLES["reader"])]
        assert listed(grants.on_place(tx, apps)) == [
            ("alice", "main/apps", ROLES["writer"]),
            ("bob", "main/apps", ROLES["owner"]),
        ]
        assert {grant.place for grant in grants.of_account(tx, alice)} == {"main", "main/apps"}
        assert len(grants.every(tx)) == 3


def test_giving_adds_to_what_was_given(site: Site) -> None:
    main, alice = sites.place(site, "main"), sites.person(site, "alice")
    sites.grant(site, alice, main, "writer")
    sites.grant(site, alice, main, "pull-restricted")
    sites.grant(site, alice, main, "pull")
    with site.db.read() as tx:
        assert grants.of_account(tx, alice)[0].actions == {*ROLES["writer"], Action.PULL_RESTRICTED}


def test_some_or_all_of_a_grant_is_taken(site: Site) -> None:
    main, alice = sites.place(site, "main"), sites.person(site, "alice")
    sites.grant(site, alice, main, "writer")
    with site.db.write() as tx:
        assert grants.take(tx, OPERATOR, alice, main, frozenset({Action.PUSH}), at=site.now()) == {Action.PULL}
        with pytest.raises(GrantUnknown):
            grants.take(tx, OPERATOR, alice, main, frozenset({Action.PUSH}), at=site.now())
        assert not grants.take(tx, OPERATOR, alice, main, at=site.now())
        assert grants.every(tx) == []
        with pytest.raises(GrantUnknown):
            grants.take(tx, OPERATOR, alice, main, at=site.now())


def test_nothing_cannot_be_given(site: Site) -> None:
    with pytest.raises(FieldInvalid):
        sites.grant(site, sites.robot(site, "ci"), sites.place(site, "main"))


def test_two_who_give_at_the_same_moment_both_give(site: Site) -> None:
    main, alice = sites.place(site, "main"), sites.person(site, "alice")
    words = ["pull", "push", "delete", "manage"]
    together = threading.Barrier(len(words))

    def give(word: str) -> None:
        together.wait()
        sites.grant(site, alice, main, word)

    threads = [threading.Thread(target=give, args=(word,)) for word in words]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with site.db.read() as tx:
        assert grants.of_account(tx, accounts.find(tx, "alice"))[0].actions == ROLES["manager"]
