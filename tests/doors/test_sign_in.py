"""Who calls: what is verified, what is remembered, and when a memory ends."""

import base64
import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Scope

from berth.doors.sign_in import SignIn
from berth.people import accounts, grants, keys, passwords, sign_in, tokens
from berth.people.access import ANONYMOUS, Principal
from berth.site import Site
from berth.words.actions import ROLES, Action, Actions
from berth.words.errors import TooManyAttempts, Unauthenticated
from tests import sites
from tests.sites import OPERATOR, PASSWORD, Clock

HERE = "192.0.2.1"


def request(*authorization: bytes) -> Scope:
    headers = [(b"authorization", value) for value in authorization]
    return {"type": "http", "client": (HERE, 4711), "headers": headers, "berth.request_id": "r-1"}


def basic(name: str, secret: str) -> Scope:
    return request(b"Basic " + base64.b64encode(f"{name}:{secret}".encode()))


def bearer(token: str) -> Scope:
    return request(b"Bearer " + token.encode())


def principal(site: Site, name: str, secret: str = PASSWORD) -> Principal:
    return sign_in.by_password(site, name, secret, HERE)


def issued(site: Site, who: Principal, access: dict[str, Actions] | None = None) -> str:
    return tokens.issue(site, who, "berth", access or {}, 300)


def refused(door: SignIn, scope: Scope) -> None:
    assert not remembers(door, scope)
    with pytest.raises(Unauthenticated):
        door.caller(scope)


def remembers(door: SignIn, scope: Scope) -> bool:
    return door.remembered(scope) is not None


@pytest.fixture
def hashings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with each time that argon2 is asked."""
    asked: list[str] = []
    verify = passwords.verify

    def counted(stored: passwords.Hash | None, password: str) -> bool:
        asked.append(password)
        return verify(stored, password)

    monkeypatch.setattr(passwords, "verify", counted)
    return asked


def test_without_a_header_the_caller_is_anonymous(site: Site) -> None:
    door = SignIn(site)
    for caller in (door.remembered(request()), door.caller(request())):
        assert caller is not None
        assert (caller.principal, caller.bounds) == (ANONYMOUS, None)
        assert (caller.actor.name, caller.actor.address) == ("anonymous", HERE)


def test_a_user_calls_with_their_name_and_password(site: Site) -> None:
    alice = sites.person(site, "alice")
    caller = SignIn(site).caller(basic("alice", PASSWORD))
    assert (caller.principal.account_id, caller.bounds) == (alice.id, None)
    assert (caller.actor.name, caller.actor.address, caller.actor.request_id) == ("alice", HERE, "r-1")


def test_a_colon_may_be_in_a_password(site: Site) -> None:
    sites.person(site, "alice", password="a:b:c:d:e")
    assert SignIn(site).caller(basic("alice", "a:b:c:d:e")).principal.name == "alice"


def test_a_robot_calls_with_its_key_and_is_named_with_it(site: Site) -> None:
    key, secret = sites.key(site, sites.robot(site, "ci"))
    assert SignIn(site).caller(basic(key.id, secret)).actor.name == f"ci ({key.id})"


def test_a_token_bounds_its_caller(site: Site) -> None:
    sites.person(site, "alice")
    access = {"main/apps/x": ROLES["reader"]}
    caller = SignIn(site).caller(bearer(issued(site, principal(site, "alice"), access)))
    assert (caller.principal.name, caller.bounds) == ("alice", access)


def test_an_anonymous_token_is_anonymous(site: Site) -> None:
    caller = SignIn(site).caller(bearer(issued(site, ANONYMOUS)))
    assert (caller.principal, caller.bounds) == (ANONYMOUS, {})


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b" ",
        b"Basic",
        b"Basic ",
        b"Basic !!!",
        b"Basic " + base64.b64encode(b"no colon"),
        b"Basic " + base64.b64encode(b"\xff:\xff"),
        b"Basic " + base64.b64encode(b":"),
        b"Basic " + base64.b64encode(b"a\0b:c"),
        b"Bearer",
        b"Bearer ",
        b"Bearer \xff",
        b"Bearer x.y.z",
        b"Bearer " + b"x" * 100_000,
        b"Digest username=alice",
        b"\xff\xfe",
    ],
)
def test_a_header_that_makes_no_sense_is_refused(site: Site, header: bytes) -> None:
    refused(SignIn(site), request(header))


def test_two_headers_are_refused(site: Site) -> None:
    sites.person(site, "alice")
    good = b"Basic " + base64.b64encode(f"alice:{PASSWORD}".encode())
    with pytest.raises(Unauthenticated):
        SignIn(site).caller(request(good, good))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(header=st.binary(max_size=60))
def test_no_header_at_all_ends_in_a_trace(site: Site, header: bytes) -> None:
    with pytest.raises((Unauthenticated, TooManyAttempts)):
        SignIn(site).caller(request(header))


def test_the_kind_of_credentials_is_read_in_any_case(site: Site) -> None:
    sites.person(site, "alice")
    pair = base64.b64encode(f"alice:{PASSWORD}".encode())
    assert SignIn(site).caller(request(b"bAsIc " + pair)).principal.name == "alice"


def test_a_password_is_hashed_once_while_it_is_remembered(site: Site, clock: Clock, hashings: list[str]) -> None:
    sites.person(site, "alice")
    door = SignIn(site)
    for _ in range(3):
        door.caller(basic("alice", PASSWORD))
    assert len(hashings) == 1
    clock.forward(seconds=60)
    door.caller(basic("alice", PASSWORD))
    assert len(hashings) == 2


def test_clients_that_come_at_once_are_verified_once(site: Site, hashings: list[str]) -> None:
    sites.person(site, "alice")
    door = SignIn(site)
    together = threading.Barrier(12)
    names: list[str] = []

    def call() -> None:
        together.wait()
        names.append(door.caller(basic("alice", PASSWORD)).principal.name)

    threads = [threading.Thread(target=call) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == ["alice"] * 12
    assert len(hashings) == 1


def test_a_wrong_password_is_not_remembered(site: Site, hashings: list[str]) -> None:
    sites.person(site, "alice")
    door = SignIn(site)
    for _ in range(2):
        refused(door, basic("alice", "wrong password"))
    assert len(hashings) == 2


def test_on_sqlite_the_loop_asks_the_memory(sqlite_url: str, clock: Clock) -> None:
    with sites.opened(sqlite_url, clock) as site:
        sites.person(site, "alice")
        door, call = SignIn(site), basic("alice", PASSWORD)
        assert not remembers(door, call)
        door.caller(call)
        assert remembers(door, call)
        clock.forward(seconds=60)
        assert not remembers(door, call)


def test_on_postgresql_the_loop_is_not_held_up(postgresql_url: str, clock: Clock) -> None:
    with sites.opened(postgresql_url, clock) as site:
        sites.person(site, "alice")
        door = SignIn(site)
        door.caller(basic("alice", PASSWORD))
        assert not remembers(door, basic("alice", PASSWORD))
        assert remembers(door, request())


CHANGES = ["disable", "delete", "reset", "revoke"]


@pytest.mark.parametrize("change", CHANGES)
def test_whoever_is_revoked_is_refused_at_the_next_request(site: Site, change: str) -> None:
    owner = sites.person(site, "alice")
    key, secret = sites.key(site, owner)
    door = SignIn(site)
    calls = [basic(key.id, secret), bearer(issued(site, principal(site, key.id, secret)))]
    if change != "revoke":
        calls += [basic("alice", PASSWORD), bearer(issued(site, principal(site, "alice")))]
    for call in calls:
        door.caller(call)
    fresh = passwords.hashed("another password")
    # Another process makes the change: nothing but the database tells this one.
    with site.db.write() as tx:
        match change:
            case "disable":
                accounts.disable(tx, OPERATOR, "alice", at=site.now())
            case "delete":
                accounts.remove(tx, OPERATOR, "alice", at=site.now())
            case "reset":
                accounts.reset_password(tx, OPERATOR, "alice", fresh, at=site.now())
            case "revoke":
                keys.revoke(tx, OPERATOR, key.id, at=site.now())
    for call in calls:
        refused(door, call)


def test_a_new_account_of_the_same_name_is_another(site: Site) -> None:
    door = SignIn(site)
    sites.person(site, "alice")
    call = bearer(issued(site, principal(site, "alice")))
    door.caller(call)
    with site.db.write() as tx:
        accounts.remove(tx, OPERATOR, "alice", at=site.now())
    sites.person(site, "alice")
    refused(door, call)


def test_a_new_administrator_is_one_at_the_next_request(site: Site) -> None:
    sites.person(site, "alice")
    door, call = SignIn(site), basic("alice", PASSWORD)
    assert not door.caller(call).principal.administrator
    with site.db.write() as tx:
        accounts.make_administrator(tx, OPERATOR, "alice", at=site.now())
    assert door.caller(call).principal.administrator


def test_a_change_of_grants_ends_memories(site: Site) -> None:
    owner, where = sites.person(site, "alice"), sites.place(site, "main")
    door, call = SignIn(site), basic("alice", PASSWORD)
    door.caller(call)
    with site.db.write() as tx:
        grants.give(tx, OPERATOR, owner, where, frozenset({Action.PULL}), at=site.now())
    assert not remembers(door, call)


def test_a_token_is_remembered_until_it_expires(site: Site, clock: Clock) -> None:
    sites.person(site, "alice")
    door, call = SignIn(site), bearer(issued(site, principal(site, "alice")))
    door.caller(call)
    clock.forward(seconds=299)
    door.caller(call)
    clock.forward(seconds=1)
    refused(door, call)


def test_a_key_is_remembered_until_it_expires(site: Site, clock: Clock) -> None:
    key, secret = sites.key(site, sites.robot(site, "ci"), expires_at=clock.at + timedelta(seconds=30))
    door = SignIn(site)
    calls = [basic(key.id, secret), bearer(issued(site, principal(site, key.id, secret)))]
    for call in calls:
        door.caller(call)
    clock.forward(seconds=30)
    for call in calls:
        refused(door, call)


def test_who_is_remembered_does_not_wait_for_who_guesses(site: Site) -> None:
    sites.person(site, "alice")
    door = SignIn(site)
    door.caller(basic("alice", PASSWORD))
    for _ in range(5):
        refused(door, basic("alice", "wrong password"))
    with pytest.raises(TooManyAttempts):
        door.caller(basic("alice", "wrong password"))
    assert door.caller(basic("alice", PASSWORD)).principal.name == "alice"


def test_memories_are_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("berth.doors.sign_in.REMEMBERED", 3)
    door = SignIn(site)
    for number in range(10):
        door.caller(bearer(issued(site, ANONYMOUS, {f"main/apps/x{number}": ROLES["reader"]})))
    assert len(door._memories) == 3  # noqa: SLF001  memory is what this is about


def test_the_use_of_a_key_is_noted_on_every_way_in(site: Site, clock: Clock) -> None:
    key, secret = sites.key(site, sites.robot(site, "ci"))
    door = SignIn(site)
    token = issued(site, principal(site, key.id, secret))
    for call in (basic(key.id, secret), bearer(token), basic(key.id, secret)):
        clock.forward(seconds=40)
        door.caller(call)
        with site.db.write() as tx:
            door.key_use.flush(tx, everything=True)
        with site.db.read() as tx:
            assert keys.find(tx, key.id).used_at == clock.at


def test_a_password_that_came_another_way_is_as_good(site: Site, hashings: list[str]) -> None:
    sites.person(site, "alice")
    door = SignIn(site)
    for _ in range(2):
        assert door.by_password(request(), "alice", PASSWORD).principal.name == "alice"
    assert len(hashings) == 1
    for name, secret in (("alice:", PASSWORD), ("alice", "wrong password"), ("", "")):
        with pytest.raises(Unauthenticated):
            door.by_password(request(), name, secret)
