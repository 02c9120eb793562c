"""Accounts: how they come, change and go, and what ends with that."""

import threading

import pytest
from sqlalchemy import select

from berth.db import changes
from berth.db.tables import access_key, audit_event, grant_, refresh_token
from berth.people import accounts, own_password, passwords, refresh, sign_in
from berth.people.accounts import Account
from berth.site import Site
from berth.words.errors import (
    AlreadyExists,
    FieldInvalid,
    LastAdministrator,
    NameInvalid,
    Refusal,
    Unauthenticated,
    UserUnknown,
)
from tests import sites
from tests.sites import OPERATOR, PASSWORD

NEW = "another good one"


def act(site: Site, do: object, name: str, *rest: object) -> object:
    """Run one act of `accounts` in a transaction of its own."""
    assert callable(do)
    with site.db.write() as tx:
        return do(tx, OPERATOR, name, *rest, at=site.now())


def found(site: Site, name: str) -> Account:
    with site.db.read() as tx:
        return accounts.find(tx, name)


def signs_in(site: Site, name: str, secret: str) -> bool:
    try:
        sign_in.by_password(site, name, secret, "127.0.0.1")
    except Unauthenticated:
        return False
    return True


def events(site: Site) -> list[tuple[str, str]]:
    with site.db.read() as tx:
        return [(row.action, row.target) for row in tx.execute(select(audit_event).order_by(audit_event.c.id))]


def version(site: Site) -> int:
    return changes.Watch(site.db, changes.ACCESS).now()


def test_a_person_signs_in_with_their_password(site: Site) -> None:
    sites.person(site, "alice")
    assert signs_in(site, "alice", PASSWORD)
    assert not signs_in(site, "alice", PASSWORD.upper())


def test_a_robot_has_no_password(site: Site) -> None:
    sites.robot(site, "ci")
    assert not signs_in(site, "ci", "")
    with pytest.raises(FieldInvalid):
        act(site, accounts.reset_password, "ci", passwords.hashed(NEW))
    with pytest.raises(FieldInvalid), site.db.write() as tx:
        accounts.create(tx, OPERATOR, "robby", at=site.now(), robot=True, password=passwords.hashed(NEW))


def test_a_person_needs_a_password(site: Site) -> None:
    with pytest.raises(FieldInvalid), site.db.write() as tx:
        accounts.create(tx, OPERATOR, "alice", at=site.now())


def test_a_name_is_taken_once(site: Site) -> None:
    sites.person(site, "alice")
    with pytest.raises(AlreadyExists):
        sites.robot(site, "alice")


@pytest.mark.parametrize(
    "name", ["", "a", "Alice", "a b", "a:b", "-a", "x" * 65, "bk_alice", "anonymous", "system", "policy", "a\0b"]
)
def test_a_name_that_cannot_be_is_refused(site: Site, name: str) -> None:
    with pytest.raises(NameInvalid):
        sites.robot(site, name)


def test_a_name_nobody_has_is_unknown(site: Site) -> None:
    for name in ("nobody", "a\0b"):
        with pytest.raises(UserUnknown), site.db.read() as tx:
            accounts.find(tx, name)


def test_accounts_are_listed_by_name_in_pages(site: Site) -> None:
    for name in ("carol", "alice", "bob"):
        sites.robot(site, name)
    with site.db.read() as tx:
        assert [one.name for one in accounts.every(tx, limit=2)] == ["alice", "bob"]
        assert [one.name for one in accounts.every(tx, after="bob")] == ["carol"]


def ends(site: Site, owner: Account) -> None:
    """Every key and token of the account has ended."""
    with site.db.read() as tx:
        assert tx.execute(select(refresh_token)).first() is None
        live = select(access_key).where(access_key.c.account_id == owner.id, access_key.c.revoked_at.is_(None))
        assert tx.execute(live).first() is None


def with_everything(site: Site, name: str) -> tuple[Account, str, str, str]:
    """A person with a key and a refresh token; returns also the key's id and secret and the person's epoch."""
    owner = sites.person(site, name)
    key, secret = sites.key(site, owner)
    principal = sign_in.by_password(site, name, PASSWORD, "127.0.0.1")
    with site.db.write() as tx:
        refresh.issue(tx, principal, "berth", at=site.now(), days=1)
    return owner, key.id, secret, principal.epoch


@pytest.mark.parametrize("act_name", ["disable", "reset", "change", "delete"])
def test_keys_tokens_and_sessions_end_at_once(site: Site, act_name: str) -> None:
    owner, key_id, secret, epoch = with_everything(site, "alice")
    match act_name:
        case "disable":
            act(site, accounts.disable, "alice")
        case "reset":
            assert act(site, accounts.reset_password, "alice", passwords.hashed(NEW)) == 1
        case "change":
            assert own_password.change(site, OPERATOR, "alice", PASSWORD, NEW) == 1
        case "delete":
            act(site, accounts.remove, "alice")
    ends(site, owner)
    assert not signs_in(site, key_id, secret)
    with pytest.raises(Unauthenticated), site.db.read() as tx:
        sign_in.by_id(tx, owner.id, None, at=site.now(), epoch=epoch)


def test_a_disabled_person_does_not_sign_in_until_enabled(site: Site) -> None:
    sites.person(site, "alice")
    act(site, accounts.disable, "alice")
    assert found(site, "alice").disabled
    assert not signs_in(site, "alice", PASSWORD)
    act(site, accounts.enable, "alice")
    assert signs_in(site, "alice", PASSWORD)


def test_keys_stay_ended_when_their_owner_is_enabled_again(site: Site) -> None:
    _, key_id, secret, _ = with_everything(site, "alice")
    act(site, accounts.disable, "alice")
    act(site, accounts.enable, "alice")
    assert not signs_in(site, key_id, secret)


def test_a_password_is_changed_by_who_knows_the_old_one(site: Site) -> None:
    sites.person(site, "alice")
    with pytest.raises(Unauthenticated):
        own_password.change(site, OPERATOR, "alice", "not the old one", NEW)
    own_password.change(site, OPERATOR, "alice", PASSWORD, NEW)
    assert signs_in(site, "alice", NEW)
    assert not signs_in(site, "alice", PASSWORD)


def test_a_key_does_not_change_a_password(site: Site) -> None:
    _, key_id, secret, _ = with_everything(site, "alice")
    with pytest.raises(Refusal):
        own_password.change(site, OPERATOR, key_id, secret, NEW)
    assert signs_in(site, "alice", PASSWORD)


def test_the_last_administrator_stays(site: Site) -> None:
    sites.person(site, "root", administrator=True)
    for leave in (accounts.disable, accounts.unmake_administrator, accounts.remove):
        with pytest.raises(LastAdministrator):
            act(site, leave, "root")
    assert found(site, "root").administrator
    assert not found(site, "root").disabled


def test_a_robot_or_a_disabled_person_is_no_other_administrator(site: Site) -> None:
    sites.person(site, "root", administrator=True)
    sites.person(site, "asleep", administrator=True)
    act(site, accounts.disable, "asleep")
    sites.robot(site, "ci")
    act(site, accounts.make_administrator, "ci")
    with pytest.raises(LastAdministrator):
        act(site, accounts.remove, "root")


def test_an_administrator_may_leave_when_there_is_another(site: Site) -> None:
    sites.person(site, "root", administrator=True)
    sites.person(site, "alice")
    act(site, accounts.make_administrator, "alice")
    act(site, accounts.unmake_administrator, "root")
    assert not found(site, "root").administrator


def test_two_administrators_cannot_leave_at_the_same_moment(site: Site) -> None:
    names = ["alice", "bob"]
    for name in names:
        sites.person(site, name, administrator=True)
    together = threading.Barrier(2)
    refused: list[str] = []

    def leave(name: str) -> None:
        together.wait()
        try:
            act(site, accounts.disable, name)
        except LastAdministrator:
            refused.append(name)

    threads = [threading.Thread(target=leave, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1


def test_a_deleted_account_takes_its_keys_and_grants_along(site: Site) -> None:
    owner, *_ = with_everything(site, "alice")
    sites.grant(site, owner, sites.place(site, "main"), "reader")
    act(site, accounts.remove, "alice")
    with site.db.read() as tx:
        for table in (access_key, grant_):
            assert tx.execute(select(table)).first() is None
    with pytest.raises(UserUnknown):
        found(site, "alice")


def test_every_act_is_audited_and_bumps_access(site: Site) -> None:
    sites.person(site, "root", administrator=True)
    sites.person(site, "alice")
    acts = {
        "user.make-administrator": accounts.make_administrator,
        "user.unmake-administrator": accounts.unmake_administrator,
        "user.disable": accounts.disable,
        "user.enable": accounts.enable,
        "user.delete": accounts.remove,
    }
    for action, do in acts.items():
        before = version(site)
        act(site, do, "alice")
        assert events(site)[-1] == (action, "alice")
        assert version(site) > before


def test_no_secret_is_in_the_audit_log(site: Site) -> None:
    _, _, secret, _ = with_everything(site, "alice")
    own_password.change(site, OPERATOR, "alice", PASSWORD, NEW)
    with site.db.read() as tx:
        log = str(tx.execute(select(audit_event)).all())
    for hidden in (secret, PASSWORD, NEW, "argon2"):
        assert hidden not in log


@pytest.mark.parametrize("password", ["", "1234567", "x" * 257])
def test_a_password_has_8_to_256_characters(password: str) -> None:
    with pytest.raises(FieldInvalid):
        passwords.hashed(password)


@pytest.mark.parametrize("password", ["12345678", "x" * 256, "pässwörd ☃ 密码", "\ud800 lone one"])
def test_any_character_may_be_in_a_password(password: str) -> None:
    stored = passwords.hashed(password)
    assert passwords.verify(stored, password)
    assert not passwords.verify(stored, password + "x")


def test_nobody_has_the_dummy_password() -> None:
    assert not passwords.verify(None, "the password of nobody")
