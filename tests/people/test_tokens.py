"""Bearer and refresh tokens: what they carry, and all the ways in which one is no good."""

import base64
import json
import threading
from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from sqlalchemy import select

from berth.db.tables import signing_key
from berth.people import refresh, sign_in, tokens
from berth.people.access import ANONYMOUS
from berth.site import Site
from berth.words.actions import Action, Actions
from berth.words.errors import Unauthenticated
from tests import sites
from tests.sites import PASSWORD, Clock

ACCESS = {"main/apps/x": frozenset({Action.PULL, Action.PUSH})}


def issued(site: Site, access: dict[str, Actions] | None = None, *, service: str = "berth", seconds: int = 300) -> str:
    return tokens.issue(site, ANONYMOUS, service, ACCESS if access is None else access, seconds)


def forged(site: Site, claims: Mapping[str, object], header: Mapping[str, object] | None = None) -> str:
    """A token that differs in a claim or header from a good one, signed with the site's own key."""
    issued(site)
    with site.db.read() as tx:
        key = ECKey.import_key(tx.scalar(select(signing_key.c.private)) or "")
    now = int(site.now().timestamp())
    good = {"iss": "berth", "sub": "", "aud": "berth", "nbf": now, "exp": now + 60, "access": []}
    good |= {"account": None, "epoch": "", "key": None}
    wanted = {name: value for name, value in {**good, **claims}.items() if value is not ...}
    return jwt.encode({"alg": "ES256", "kid": key.thumbprint(), **(header or {})}, wanted, key, algorithms=["ES256"])


def refused(site: Site, token: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.verify(site, token)


def test_a_token_carries_who_and_what(site: Site) -> None:
    alice = sites.person(site, "alice")
    principal = sign_in.by_password(site, "alice", PASSWORD, "")
    verified = tokens.verify(site, tokens.issue(site, principal, "berth", ACCESS, 300))
    assert (verified.account_id, verified.key_id, verified.epoch) == (alice.id, None, principal.epoch)
    assert verified.access == ACCESS
    assert verified.expires == site.now() + timedelta(seconds=300)


def test_a_token_may_be_for_the_catalog(site: Site) -> None:
    access = {tokens.CATALOG: frozenset({Action.PULL})}
    assert tokens.verify(site, issued(site, access)).access == access


def test_the_claims_are_those_of_the_specification(site: Site) -> None:
    payload = issued(site).split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert {"iss", "sub", "aud", "exp", "nbf", "iat", "access"} <= claims.keys()
    assert claims["access"] == [{"type": "repository", "name": "main/apps/x", "actions": ["pull", "push"]}]


def test_a_token_ends_in_time(site: Site, clock: Clock) -> None:
    token = issued(site, seconds=60)
    clock.forward(seconds=59)
    tokens.verify(site, token)
    clock.forward(seconds=1)
    refused(site, token)


def test_clocks_of_replicas_may_differ_a_little(site: Site, clock: Clock) -> None:
    token = issued(site)
    clock.forward(seconds=-30)
    tokens.verify(site, token)
    clock.forward(seconds=-60)
    refused(site, token)


def test_a_token_for_another_service_is_refused(site: Site) -> None:
    refused(site, issued(site, service="elsewhere"))


def test_every_claim_is_checked(site: Site) -> None:
    wrong: dict[str, list[object]] = {
        "iss": [..., "else", 1, None, [], {}],
        "aud": [..., "else", 1, None, [], {}, ["berth"]],
        "exp": [..., "else", None, [], {}, 10**30, -1],
        "nbf": [..., "else", None, [], {}, 10**30],
        "access": [..., "else", 1, None, {}, [1], ["main/apps/x"], [{}], [{"type": "repository", "name": "x"}]],
        "account": [..., "else", [], {}, 1.5, True],
        "epoch": [..., 1, None, [], {}],
        "key": [..., 1, [], {}],
    }
    for claim, values in wrong.items():
        for value in values:
            refused(site, forged(site, {claim: value}))


def test_a_forged_token_that_changes_nothing_would_be_good(site: Site) -> None:
    assert tokens.verify(site, forged(site, {})).account_id is None


def test_a_token_with_another_kid_is_refused(site: Site) -> None:
    refused(site, forged(site, {}, {"kid": "another"}))


def test_a_token_signed_by_another_key_is_refused(site: Site) -> None:
    tokens.verify(site, issued(site))
    other = ECKey.generate_key("P-256", private=True)
    header, payload, _ = issued(site).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    head = json.loads(base64.urlsafe_b64decode(header + "=="))
    refused(site, jwt.encode(head, claims, other, algorithms=["ES256"]))


def test_the_algorithm_is_not_for_the_client_to_choose(site: Site) -> None:
    header, payload, signature = issued(site).split(".")
    head = json.loads(base64.urlsafe_b64decode(header + "=="))
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    with site.db.read() as tx:
        public = ECKey.import_key(tx.scalar(select(signing_key.c.private)) or "").as_pem(private=False)
    confused = OctKey.import_key(base64.b64encode(public).decode())
    refused(site, jwt.encode({**head, "alg": "HS256"}, claims, confused, algorithms=["HS256"]))
    none = base64.urlsafe_b64encode(json.dumps({**head, "alg": "none"}).encode()).rstrip(b"=").decode()
    for stripped in ("", signature):
        refused(site, f"{none}.{payload}.{stripped}")


@pytest.mark.parametrize("junk", ["", ".", "..", "...", "a.b.c", "é", "\0", "x" * 100_000, "." * 70_000, "e30.e30.e30"])
def test_junk_is_refused_and_never_a_trace(site: Site, junk: str) -> None:
    refused(site, junk)


def test_a_deeply_nested_header_is_junk_too(site: Site) -> None:
    deep = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 20_000).rstrip(b"=").decode()
    refused(site, f"{deep}.e30.e30")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_token_with_a_change_anywhere_is_refused(site: Site, data: st.DataObject) -> None:
    token = issued(site)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(max_codepoint=255))
    changed = token[:place] + letter + token[place + 1 :]
    try:
        # The last letter of a part has bits that mean nothing, so a changed text can be the same token.
        assert tokens.verify(site, changed) == tokens.verify(site, token)
    except Unauthenticated:
        return


def test_all_replicas_sign_with_one_key(site: Site, database_url: str, clock: Clock) -> None:
    together = threading.Barrier(4)
    made: list[str] = []

    def sign() -> None:
        with sites.opened(database_url, clock) as replica:
            together.wait()
            made.append(issued(replica))

    threads = [threading.Thread(target=sign) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    for token in made:
        tokens.verify(site, token)


def refreshed(site: Site, token: str, service: str = "berth") -> str:
    with site.db.read() as tx:
        return refresh.principal_of(tx, token, service, at=site.now()).name


def refresh_token(site: Site, days: int = 30) -> str:
    sites.person(site, "alice")
    principal = sign_in.by_password(site, "alice", PASSWORD, "")
    with site.db.write() as tx:
        return refresh.issue(tx, principal, "berth", at=site.now(), days=days)


def test_a_refresh_token_speaks_for_its_account_until_it_expires(site: Site, clock: Clock) -> None:
    token = refresh_token(site, days=2)
    clock.forward(days=1)
    assert refreshed(site, token) == "alice"
    clock.forward(days=1)
    with pytest.raises(Unauthenticated):
        refreshed(site, token)


def test_a_refresh_token_is_for_one_service(site: Site) -> None:
    token = refresh_token(site)
    with pytest.raises(Unauthenticated):
        refreshed(site, token, "another")


def test_a_revoked_refresh_token_is_no_good(site: Site) -> None:
    token = refresh_token(site)
    with site.db.write() as tx:
        refresh.revoke(tx, token)
    for junk in (token, "", "\0", "x" * 10_000, "\ud800"):
        with pytest.raises(Unauthenticated):
            refreshed(site, junk)
