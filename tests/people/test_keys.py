"""Access keys: what they are, when they end, and when they were used."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from berth.db.tables import access_key
from berth.people import keys, refresh, sign_in
from berth.people.keys import KeyUse
from berth.site import Site
from berth.words.errors import FieldInvalid, KeyUnknown, Unauthenticated
from tests import sites
from tests.sites import OPERATOR, Clock


def uses(site: Site, key_use: KeyUse, *, everything: bool = False) -> int:
    with site.db.write() as tx:
        return key_use.flush(tx, everything=everything)


def test_a_key_signs_in_as_its_owner(site: Site) -> None:
    key, secret = sites.key(site, sites.robot(site, "ci"))
    principal = sign_in.by_password(site, key.id, secret, "127.0.0.1")
    assert (principal.name, principal.key_id) == ("ci", key.id)
    assert str(principal) == f"ci ({key.id})"


def test_the_secret_is_nowhere_in_the_database(site: Site) -> None:
    _, secret = sites.key(site, sites.robot(site, "ci"))
    with site.db.read() as tx:
        assert secret not in str(tx.execute(select(access_key)).all())


def test_a_revoked_key_ends_with_its_refresh_tokens(site: Site) -> None:
    key, secret = sites.key(site, sites.robot(site, "ci"))
    principal = sign_in.by_password(site, key.id, secret, "127.0.0.1")
    with site.db.write() as tx:
        token = refresh.issue(tx, principal, "berth", at=site.now(), days=1)
        keys.revoke(tx, OPERATOR, key.id, at=site.now())
        keys.revoke(tx, OPERATOR, key.id, at=site.now())
    with pytest.raises(Unauthenticated):
        sign_in.by_password(site, key.id, secret, "127.0.0.1")
    with pytest.raises(Unauthenticated), site.db.read() as tx:
        refresh.principal_of(tx, token, "berth", at=site.now())


def test_a_key_expires(site: Site, clock: Clock) -> None:
    key, secret = sites.key(site, sites.robot(site, "ci"), expires_at=clock.at + timedelta(hours=1))
    assert sign_in.by_password(site, key.id, secret, "127.0.0.1").good_until == key.expires_at
    clock.forward(hours=1)
    with pytest.raises(Unauthenticated):
        sign_in.by_password(site, key.id, secret, "127.0.0.1")


def test_a_key_cannot_expire_in_the_past(site: Site) -> None:
    with pytest.raises(FieldInvalid):
        sites.key(site, sites.robot(site, "ci"), expires_at=site.now())


def test_keys_are_listed_newest_first_with_their_scopes(site: Site, clock: Clock) -> None:
    ci, other = sites.robot(site, "ci"), sites.robot(site, "other")
    first, _ = sites.key(site, ci, "main/apps:pull,push")
    clock.forward(seconds=1)
    second, _ = sites.key(site, ci)
    sites.key(site, other)
    with site.db.read() as tx:
        assert [key.id for key in keys.every(tx, ci)] == [second.id, first.id]
        assert len(keys.every(tx)) == 3
        assert keys.find(tx, first.id) == first
    assert [str(scope) for scope in first.scopes or ()] == ["main/apps:pull,push"]


def test_a_key_nobody_made_is_unknown(site: Site) -> None:
    for key_id in ("bk_0", "bk_\0"):
        with pytest.raises(KeyUnknown), site.db.read() as tx:
            keys.find(tx, key_id)


def test_use_is_written_once_per_key_and_minute(site: Site, clock: Clock) -> None:
    key, _ = sites.key(site, sites.robot(site, "ci"))
    key_use = KeyUse()
    written = []
    for _ in range(12):
        key_use.record(key.id, clock.at)
        written.append(uses(site, key_use))
        clock.forward(seconds=10)
    assert written == [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]


def test_at_shutdown_every_use_is_written(site: Site, clock: Clock) -> None:
    key, _ = sites.key(site, sites.robot(site, "ci"))
    key_use = KeyUse()
    key_use.record(key.id, clock.at)
    uses(site, key_use)
    clock.forward(seconds=10)
    key_use.record(key.id, clock.at)
    uses(site, key_use, everything=True)
    with site.db.read() as tx:
        assert keys.find(tx, key.id).used_at == clock.at


def test_a_replica_that_lags_does_not_turn_the_time_back(site: Site, clock: Clock) -> None:
    key, _ = sites.key(site, sites.robot(site, "ci"))
    ahead, behind = KeyUse(), KeyUse()
    behind.record(key.id, clock.at)
    clock.forward(seconds=5)
    ahead.record(key.id, clock.at)
    uses(site, ahead)
    uses(site, behind)
    with site.db.read() as tx:
        assert keys.find(tx, key.id).used_at == clock.at


def test_nothing_used_writes_nothing(site: Site) -> None:
    statements: list[str] = []
    with site.db.write() as tx:
        event.listen(tx, "before_cursor_execute", lambda *arguments: statements.append(str(arguments[2])))
        assert KeyUse().flush(tx) == 0
    assert statements == []
