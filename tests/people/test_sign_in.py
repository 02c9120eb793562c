"""Signing in with a name and password: who gets in, what is told, and who has to wait."""

import threading

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from berth.db.tables import account, throttle
from berth.people import accounts, passwords, sign_in
from berth.site import Site
from berth.words.errors import TooManyAttempts, Unauthenticated
from tests import sites
from tests.sites import OPERATOR, PASSWORD, Clock

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"
WRONG = "wrong password"


def fails(site: Site, name: str = "alice", secret: str = WRONG, address: str = HERE) -> str:
    with pytest.raises(Unauthenticated) as refused:
        sign_in.by_password(site, name, secret, address)
    return str(refused.value)


def waits(site: Site, name: str = "alice", secret: str = PASSWORD, address: str = HERE) -> int:
    with pytest.raises(TooManyAttempts) as refused:
        sign_in.by_password(site, name, secret, address)
    return refused.value.retry_after


def succeeds(site: Site, name: str = "alice", secret: str = PASSWORD, address: str = HERE) -> None:
    assert sign_in.by_password(site, name, secret, address).name == "alice"


def throttled(site: Site) -> int:
    with site.db.read() as tx:
        return tx.scalar(select(func.count()).select_from(throttle)) or 0


def test_the_refusal_does_not_tell_what_was_wrong(site: Site) -> None:
    alice = sites.person(site, "alice")
    sites.person(site, "gone")
    sites.robot(site, "robot")
    key, secret = sites.key(site, alice)
    with site.db.write() as tx:
        accounts.disable(tx, OPERATOR, "gone", at=site.now())
    attempts = [
        ("alice", WRONG),
        ("alice", ""),
        ("alice", "x" * 10_000),
        ("nobody", WRONG),
        ("robot", WRONG),
        ("gone", PASSWORD),
        ("", ""),
        ("a\0b", WRONG),
        ("\ud800", WRONG),
        ("x" * 10_000, WRONG),
        (key.id, WRONG),
        (key.id, PASSWORD),
        ("alice", secret),
        ("bk_0", secret),
        ("bk_\0", secret),
    ]
    assert {fails(site, *attempt) for attempt in attempts} == {sign_in.REFUSED}


def test_a_name_nobody_has_costs_as_much_as_one_somebody_has(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    sites.person(site, "alice")
    hashed: list[passwords.Hash | None] = []
    verify = passwords.verify

    def counted(stored: passwords.Hash | None, password: str) -> bool:
        hashed.append(stored)
        return verify(stored, password)

    monkeypatch.setattr(passwords, "verify", counted)
    for name in ("alice", "nobody"):
        fails(site, name)
    assert len(hashed) == 2


def test_from_the_fifth_failure_on_the_wait_doubles(site: Site, clock: Clock) -> None:
    sites.person(site, "alice")
    for _ in range(5):
        fails(site)
    seen = []
    for _ in range(12):
        seen.append(waits(site))
        clock.forward(seconds=seen[-1])
        fails(site)
    assert seen == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_who_has_waited_gets_in_and_starts_anew(site: Site, clock: Clock) -> None:
    sites.person(site, "alice")
    for _ in range(5):
        fails(site)
    assert waits(site) == 1
    clock.forward(seconds=1)
    succeeds(site)
    for _ in range(4):
        fails(site)
    succeeds(site)


def test_an_attempt_that_must_wait_is_not_even_looked_at(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    sites.person(site, "alice")
    for _ in range(5):
        fails(site)

    def asked(*_: object) -> bool:
        pytest.fail("argon2 was asked")

    monkeypatch.setattr(passwords, "verify", asked)
    waits(site)


def test_waiting_at_one_address_does_not_lock_the_owner_out_at_another(site: Site) -> None:
    sites.person(site, "alice")
    for _ in range(5):
        fails(site)
    waits(site)
    succeeds(site, address=ELSEWHERE)


def test_an_address_that_tries_many_names_waits_as_a_whole(site: Site) -> None:
    sites.person(site, "alice")
    for number in range(20):
        fails(site, f"nobody-{number}")
    assert waits(site) == 1
    succeeds(site, address=ELSEWHERE)


def test_signing_in_does_not_clear_what_its_address_did(site: Site) -> None:
    sites.person(site, "alice")
    for number in range(19):
        fails(site, f"nobody-{number}")
    succeeds(site)
    fails(site, "nobody")
    waits(site)


def test_all_addresses_of_an_ipv6_customer_wait_together(site: Site) -> None:
    sites.person(site, "alice")
    for number in range(5):
        fails(site, address=f"2001:db8::{number:x}")
    waits(site, address="2001:db8::ffff")
    succeeds(site, address="2001:db8:0:1::1")


def test_a_wrong_key_secret_waits_too(site: Site) -> None:
    key, secret = sites.key(site, sites.person(site, "alice"))
    for _ in range(5):
        fails(site, key.id)
    waits(site, key.id, secret)
    succeeds(site, key.id, secret, address=ELSEWHERE)


def test_failures_are_forgotten_after_an_hour_and_their_rows_go(site: Site, clock: Clock) -> None:
    sites.person(site, "alice")
    for number in range(4):
        fails(site)
        fails(site, f"nobody-{number}", address=ELSEWHERE)
    clock.forward(hours=1, seconds=1)
    fails(site)
    assert throttled(site) == 2
    for _ in range(3):
        fails(site)
    succeeds(site)


def test_a_flood_of_guesses_at_once_gets_no_more_tries_than_one_by_one(site: Site) -> None:
    sites.person(site, "alice")
    together = threading.Barrier(16)
    outcomes: list[type[Exception]] = []

    def guess() -> None:
        together.wait()
        try:
            sign_in.by_password(site, "alice", WRONG, HERE)
        except (Unauthenticated, TooManyAttempts) as refusal:
            outcomes.append(type(refusal))

    threads = [threading.Thread(target=guess) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 16
    # Another one may be hashing while the fifth failure is being written.
    assert 5 <= outcomes.count(Unauthenticated) <= 6


def test_a_hash_of_older_parameters_is_made_anew_at_the_next_sign_in(site: Site) -> None:
    sites.person(site, "alice")
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with site.db.write() as tx:
        tx.execute(update(account).values(password_hash=old))
    succeeds(site)
    with site.db.read() as tx:
        stored = tx.scalar(select(account.c.password_hash))
    assert stored != old
    assert stored is not None
    assert not passwords.is_outdated(passwords.Hash(stored))
    succeeds(site)


def test_a_hash_that_is_none_lets_nobody_in(site: Site) -> None:
    sites.person(site, "alice")
    with site.db.write() as tx:
        tx.execute(update(account).values(password_hash="not a hash"))
    fails(site, secret=PASSWORD)


def test_a_queue_of_sign_ins_that_is_too_long_is_cut() -> None:
    with passwords.turn(), passwords.turn():
        waiting = [threading.Thread(target=_wait_for_a_turn) for _ in range(24)]
        for thread in waiting:
            thread.start()
        while passwords._places._value:  # noqa: SLF001  the only sign that all of them wait
            pass
        with pytest.raises(TooManyAttempts), passwords.turn():
            pass
    for thread in waiting:
        thread.join()
    with passwords.turn():
        pass


def _wait_for_a_turn() -> None:
    with passwords.turn():
        pass
