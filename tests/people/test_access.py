"""Who may do what, on a registry and on a repository."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.people import access, sign_in
from berth.people.access import ANONYMOUS, Place, Principal, Scope
from berth.site import Site
from berth.words.actions import ALL, NONE, ROLES, Action, Actions
from berth.words.errors import Refusal
from tests import sites

WRITER = ROLES["writer"]
READER = ROLES["reader"]


def principal(site: Site, name: str, secret: str = sites.PASSWORD) -> Principal:
    return sign_in.by_password(site, name, secret, "127.0.0.1")


def rights(site: Site, who: Principal, where: Place) -> Actions:
    """Both ways of asking, which must agree."""
    with site.db.read() as tx:
        found = access.allowed(tx, who, where)
        assert access.rights_of(tx, who).on(where) == found
    return found


def pushes(site: Site, who: Principal, where: Place) -> bool:
    with site.db.read() as tx:
        return access.pushes_somewhere(tx, who, where.registry_id)


def test_a_stranger_may_do_nothing_in_a_private_registry(site: Site) -> None:
    apps = sites.place(site, "main/apps")
    sites.person(site, "alice")
    assert rights(site, principal(site, "alice"), apps) == NONE
    assert rights(site, ANONYMOUS, apps) == NONE


def test_everybody_may_pull_from_a_public_registry_and_nothing_else(site: Site) -> None:
    where = sites.place(site, "open", visibility="public")
    apps = sites.place(site, "open/apps")
    sites.person(site, "alice")
    for who in (ANONYMOUS, principal(site, "alice")):
        assert rights(site, who, apps) == rights(site, who, where) == {Action.PULL}


def test_an_administrator_may_do_everything(site: Site) -> None:
    where = sites.place(site, "main")
    sites.person(site, "root", administrator=True)
    assert rights(site, principal(site, "root"), where) == ALL
    assert pushes(site, principal(site, "root"), where)


def test_a_grant_on_a_registry_holds_in_all_its_repositories(site: Site) -> None:
    where, apps, other = (sites.place(site, path) for path in ("main", "main/apps", "other/apps"))
    sites.grant(site, sites.person(site, "alice"), where, "writer")
    alice = principal(site, "alice")
    assert rights(site, alice, where) == rights(site, alice, apps) == WRITER
    assert rights(site, alice, other) == NONE


def test_a_grant_on_a_repository_holds_there_only(site: Site) -> None:
    where, apps, tools = (sites.place(site, path) for path in ("main", "main/apps", "main/tools"))
    sites.grant(site, sites.person(site, "alice"), apps, "writer")
    alice = principal(site, "alice")
    assert rights(site, alice, apps) == WRITER
    assert rights(site, alice, tools) == rights(site, alice, where) == NONE


def test_grants_on_registry_and_repository_add_up(site: Site) -> None:
    where, apps = sites.place(site, "main"), sites.place(site, "main/apps")
    alice = sites.person(site, "alice")
    sites.grant(site, alice, where, "reader")
    sites.grant(site, alice, apps, "delete")
    assert rights(site, principal(site, "alice"), apps) == {Action.PULL, Action.DELETE}


def test_the_scopes_of_a_key_bound_what_its_owner_may_do(site: Site) -> None:
    where, apps, tools = (sites.place(site, path) for path in ("main", "main/apps", "main/tools"))
    owner = sites.robot(site, "ci")
    sites.grant(site, owner, where, "reader", "push")
    key, secret = sites.key(site, owner, "main/apps:push,delete", "main:pull")
    ci = principal(site, key.id, secret)
    assert rights(site, ci, apps) == WRITER
    assert rights(site, ci, tools) == rights(site, ci, where) == READER


def test_the_scopes_of_a_key_bind_an_administrator_too(site: Site) -> None:
    apps, tools = sites.place(site, "main/apps"), sites.place(site, "main/tools")
    key, secret = sites.key(site, sites.person(site, "root", administrator=True), "main/apps:reader")
    root = principal(site, key.id, secret)
    assert rights(site, root, apps) == READER
    assert rights(site, root, tools) == NONE
    assert not pushes(site, root, apps)


def test_a_key_without_scopes_may_do_what_its_owner_may(site: Site) -> None:
    apps = sites.place(site, "main/apps")
    owner = sites.robot(site, "ci")
    sites.grant(site, owner, apps, "manager")
    key, secret = sites.key(site, owner)
    assert rights(site, principal(site, key.id, secret), apps) == ROLES["manager"]


def test_a_narrow_key_still_pulls_what_is_public(site: Site) -> None:
    apps = sites.place(site, "open/apps", visibility="public")
    key, secret = sites.key(site, sites.robot(site, "ci"), "other:push")
    assert rights(site, principal(site, key.id, secret), apps) == {Action.PULL}


def test_pull_restricted_comes_with_no_role(site: Site) -> None:
    apps = sites.place(site, "main/apps")
    alice = sites.person(site, "alice")
    sites.grant(site, alice, apps, "owner")
    assert Action.PULL_RESTRICTED not in rights(site, principal(site, "alice"), apps)
    sites.grant(site, alice, apps, "pull-restricted")
    assert rights(site, principal(site, "alice"), apps) == ALL


@pytest.mark.parametrize(
    ("granted", "word", "scopes", "expected"),
    [
        ("main", "writer", [], True),
        ("main/apps", "writer", [], True),
        ("main/apps", "reader", [], False),
        ("other", "writer", [], False),
        ("main", "writer", ["main/apps:push"], True),
        ("main", "writer", ["main:push"], True),
        ("main", "writer", ["other:push"], False),
        ("main", "writer", ["mainland:push"], False),
        ("main/apps", "writer", ["main/tools:push"], False),
        ("main/apps", "writer", ["main:pull"], False),
        ("main/apps", "writer", ["main:push"], True),
    ],
)
def test_who_pushes_somewhere_in_a_registry(
    site: Site, granted: str, word: str, scopes: list[str], expected: bool
) -> None:
    where = sites.place(site, "main")
    owner = sites.robot(site, "ci")
    sites.grant(site, owner, where if granted == "main" else sites.place(site, granted), word)
    key, secret = sites.key(site, owner, *scopes)
    assert pushes(site, principal(site, key.id, secret), where) is expected


def test_anonymous_pushes_nowhere(site: Site) -> None:
    assert not pushes(site, ANONYMOUS, sites.place(site, "open", visibility="public"))


@pytest.mark.parametrize(
    "text", ["", "main", "main:", "main:fly", ":pull", "main/:pull", "main/apps/x:pull", "UP:pull"]
)
def test_a_scope_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        Scope.parse(text)


@given(place=st.sampled_from(["main", "main/apps"]), actions=st.frozensets(st.sampled_from(Action), min_size=1))
def test_a_scope_reads_as_it_is_written(place: str, actions: Actions) -> None:
    scope = Scope(place, actions)
    assert Scope.parse(str(scope)) == scope
