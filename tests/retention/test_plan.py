"""The plan, by hand and at random: what a policy may take, and what it never may."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.retention.plan import Content, Reason, Verdict, plan_retention
from berth.words import expression
from berth.words.policies import DeletionPolicy, DeletionRule

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BOTH = DeletionPolicy(
    enabled=True, untagged=DeletionRule(enabled=True, days=10), old=DeletionRule(enabled=True, days=30)
)


def days(count: float) -> datetime:
    """So many days ago."""
    return NOW - timedelta(days=count)


def content(name: str, age: float = 100, **fields: Any) -> Content:  # Any: fields of Content
    return Content(id=fields.pop("id", sum(name.encode())), digest=name, pushed_at=days(age), **fields)


def plan(*image: Content, policy: DeletionPolicy = BOTH) -> dict[str, Verdict]:
    return {verdict.digest: verdict for verdict in plan_retention(image, policy, NOW)}


def policy(**fields: Any) -> DeletionPolicy:  # Any: fields of DeletionPolicy
    return DeletionPolicy(**{"enabled": True, "untagged": BOTH.untagged, "old": BOTH.old, **fields})


@pytest.mark.parametrize(
    ("given", "deleted", "reason"),
    [
        (content("a"), True, Reason.UNTAGGED),
        (content("a", 10), True, Reason.UNTAGGED),
        (content("a", 9.99), False, Reason.TOO_YOUNG),
        (content("a", tags=("v1",)), True, Reason.OLD),
        (content("a", 29.99, tags=("v1",)), False, Reason.TOO_YOUNG),
        (content("a", locked="locked by ann"), False, Reason.LOCKED),
        (content("a", active=False), False, Reason.BUSY),
        (content("a", restored_at=days(9)), False, Reason.TOO_YOUNG),
        (content("a", restored_at=days(11)), True, Reason.UNTAGGED),
    ],
)
def test_a_digest_that_stands_alone(given: Content, *, deleted: bool, reason: Reason) -> None:
    verdict = plan(given)["a"]
    assert (verdict.deleted, verdict.reason) == (deleted, reason)


def test_the_date_is_that_of_the_first_push_and_the_period() -> None:
    assert plan(content("a", 4, tags=("v1",)))["a"].due_at == NOW + timedelta(days=26)


def test_a_policy_or_rule_that_is_off_takes_nothing() -> None:
    image = (content("a"), content("b", tags=("v1",)))
    off = DeletionPolicy(untagged=BOTH.untagged, old=BOTH.old)
    assert {each.reason for each in plan(*image, policy=off).values()} == {Reason.POLICY_OFF}
    only_old = plan(*image, policy=policy(untagged=DeletionRule()))
    assert (only_old["a"].reason, only_old["b"].deleted) == (Reason.RULE_OFF, True)
    only_untagged = plan(*image, policy=policy(old=DeletionRule()))
    assert (only_untagged["a"].deleted, only_untagged["b"].reason) == (True, Reason.RULE_OFF)


def test_a_digest_goes_only_when_all_its_names_match() -> None:
    image = (content("a", tags=("nightly-1",)), content("b", tags=("nightly-2", "stable")))
    verdicts = plan(*image, policy=policy(expression="nightly-*"))
    assert verdicts["a"].deleted
    assert (verdicts["b"].reason, verdicts["b"].because) == (Reason.OTHER_NAME, "stable")


def test_multi_arch_images_are_never_torn_apart() -> None:
    children = (content("arm", parents=("index",)), content("amd", parents=("index",)))
    young = plan(content("index", 1, tags=("v1",)), *children)
    assert {young["arm"].reason, young["amd"].reason} == {Reason.LISTED}
    assert young["arm"].because == "index"
    old = plan(content("index", tags=("v1",)), *children)
    assert all(verdict.deleted for verdict in old.values())
    locked = plan(content("index", tags=("v1",), locked="locked by ann"), *children)
    assert not any(verdict.deleted for verdict in locked.values())
    held_by_another = plan(
        content("index", tags=("v1",)), content("other", 1, tags=("v2",)), content("arm", parents=("index", "other"))
    )
    assert held_by_another["arm"].because == "other"


def test_what_hangs_on_something_that_stays_is_told_no_day_of_its_own() -> None:
    """A child that is young, and its signature, stay as long as their index does, whatever their age comes to."""
    young = (content("arm", 5, parents=("index",)), content("sig", 1, subjects=("arm",)))
    for_ever = plan(content("index", tags=("stable",)), *young, policy=policy(expression="nightly-*"))
    assert (for_ever["arm"].reason, for_ever["arm"].because, for_ever["arm"].due_at) == (Reason.LISTED, "index", None)
    assert (for_ever["sig"].reason, for_ever["sig"].because, for_ever["sig"].due_at) == (Reason.SPEAKS_OF, "arm", None)
    for_now = plan(content("index", 5, tags=("v1",)), *young)
    assert (for_now["arm"].reason, for_now["arm"].due_at) == (Reason.LISTED, NOW + timedelta(days=25))
    assert (for_now["sig"].reason, for_now["sig"].due_at) == (Reason.SPEAKS_OF, NOW + timedelta(days=25))


def test_a_referrer_is_told_the_day_of_its_subject_though_its_own_rule_is_off() -> None:
    image = (content("a", 20, tags=("v1",)), content("sig", subjects=("a",)))
    verdict = plan(*image, policy=policy(untagged=DeletionRule()))["sig"]
    assert (verdict.deleted, verdict.reason, verdict.due_at) == (False, Reason.SPEAKS_OF, NOW + timedelta(days=10))


def test_children_of_an_index_that_goes_stay_for_their_own_period() -> None:
    verdicts = plan(content("index", tags=("v1",)), content("arm", 5, parents=("index",)))
    assert (verdicts["index"].deleted, verdicts["arm"].reason) == (True, Reason.TOO_YOUNG)


def test_referrers_go_with_their_subject_whatever_their_age_and_stay_with_it() -> None:
    young = content("sig", 1, subjects=("a",))
    gone = plan(content("a"), young)
    assert (gone["sig"].deleted, gone["sig"].reason) == (True, Reason.WITH_SUBJECT)
    stays = plan(content("a", 1), content("sig", subjects=("a",)))
    assert (stays["sig"].reason, stays["sig"].because) == (Reason.SPEAKS_OF, "a")
    assert plan(content("sig", subjects=("missing",)))["sig"].reason == Reason.UNTAGGED


@pytest.mark.parametrize("kept", [{"locked": "locked by ann"}, {"tags": ("mine",), "age": 1}, {"parents": ("new",)}])
def test_a_referrer_that_stays_keeps_its_subject(kept: dict[str, Any]) -> None:
    verdicts = plan(content("a"), content("new", 1, tags=("v2",)), content("sig", subjects=("a",), **kept))
    assert not verdicts["a"].deleted
    assert (verdicts["a"].reason, verdicts["a"].because) == (Reason.SPOKEN_OF_BY, "sig")


def test_the_newest_names_stay_by_push_or_by_version() -> None:
    image = (
        content("a", 50, tags=("6.0.10",)),
        content("b", 40, tags=("6.0.9",)),
        content("c", 60, tags=("5.0", "5.0.1")),
    )
    by_push = plan(*image, policy=policy(keep_newest=1))
    assert {name for name, verdict in by_push.items() if not verdict.deleted} == {"b"}
    by_version = plan(*image, policy=policy(keep_newest=1, keep_newest_by="version"))
    assert {name for name, verdict in by_version.items() if verdict.reason == Reason.NEWEST} == {"a"}


def test_names_pulls_and_the_loss_of_a_name_keep_when_asked_to() -> None:
    named = plan(content("a", tags=("v1", "stable-1")), policy=policy(keep_matching="stable-*"))
    assert (named["a"].reason, named["a"].because) == (Reason.KEPT_NAME, "stable-1")
    pulled = content("a", tags=("v1",), pulled_at=days(3))
    assert plan(pulled)["a"].deleted
    kept = plan(pulled, policy=policy(keep_pulled_days=7))["a"]
    assert (kept.reason, kept.due_at) == (Reason.PULLED, NOW + timedelta(days=4))
    bare = content("a", untagged_at=days(3))
    assert plan(bare, policy=policy(keep_untagged_days=7))["a"].reason == Reason.LATELY_UNTAGGED
    assert plan(bare, policy=policy(keep_untagged_days=2))["a"].deleted


NAMES = st.sampled_from(["v1", "v2", "nightly-1", "nightly-2", "stable"])


@st.composite
def images(draw: st.DrawFn) -> list[Content]:
    """Digests in the order of their push: an index lists what was there before it, a referrer speaks of anything."""
    count = draw(st.integers(1, 8))
    every = [f"d{number}" for number in range(count)]
    made = []
    for number, digest in enumerate(every):
        made.append(
            Content(
                id=number,
                digest=digest,
                pushed_at=days(draw(st.integers(0, 60))),
                tags=tuple(draw(st.lists(NAMES, max_size=2, unique=True))),
                subjects=tuple(draw(st.lists(st.sampled_from([*every, "missing"]), max_size=1))),
                parents=tuple(draw(st.lists(st.sampled_from(every[number + 1 :]), max_size=2, unique=True)))
                if every[number + 1 :]
                else (),
                locked=draw(st.sampled_from(["", "", "", "locked by ann"])),
                active=draw(st.integers(0, 9)) > 0,
                pulled_at=draw(st.none() | st.builds(days, st.integers(0, 60))),
                untagged_at=draw(st.none() | st.builds(days, st.integers(0, 60))),
                restored_at=draw(st.none() | st.builds(days, st.integers(0, 60))),
            )
        )
    return made


RULES = st.builds(DeletionRule, enabled=st.booleans(), days=st.integers(1, 60))
POLICIES = st.builds(
    DeletionPolicy,
    enabled=st.booleans(),
    untagged=RULES,
    old=RULES,
    expression=st.sampled_from(["*", "nightly-*", "v1"]),
    keep_newest=st.integers(0, 2),
    keep_newest_by=st.sampled_from(["push", "version"]),
    keep_matching=st.sampled_from(["", "stable", "v*"]),
    keep_pulled_days=st.integers(0, 30),
    keep_untagged_days=st.integers(0, 30),
)


def reached(image: Iterable[Content], start: Iterable[str]) -> set[str]:
    """What these list, and these in turn, with all that speaks of any of them."""
    found, waiting = set(start), list(start)
    while waiting:
        one = waiting.pop()
        for each in image:
            if each.digest not in found and (one in each.parents or one in each.subjects):
                found.add(each.digest)
                waiting.append(each.digest)
    return found


@given(images(), POLICIES)
def test_nothing_goes_that_what_stays_needs(image: list[Content], chosen: DeletionPolicy) -> None:
    verdicts = plan_retention(image, chosen, NOW)
    assert [verdict.content for verdict in verdicts] == image
    gone = {verdict.digest for verdict in verdicts if verdict.deleted}
    assert not gone & reached(image, [each.digest for each in image if each.digest not in gone])
    for each in image:
        if each.digest in gone:
            assert chosen.enabled
            assert each.active
            assert not each.locked
            assert all(expression.matches(chosen.expression, name) for name in each.tags)
            assert not [subject for subject in each.subjects if subject not in gone | {"missing", each.digest}]
    for verdict in verdicts:
        if verdict.deleted and verdict.reason != Reason.WITH_SUBJECT:
            rule = chosen.old if verdict.content.tags else chosen.untagged
            assert rule.enabled
            assert verdict.content.pushed_at + timedelta(days=rule.days) <= NOW


@given(images(), POLICIES)
def test_the_plan_takes_as_much_as_it_may(image: list[Content], chosen: DeletionPolicy) -> None:
    """What stays and is due alone hangs on something that stays, which the verdict names."""
    verdicts = {verdict.digest: verdict for verdict in plan_retention(image, chosen, NOW)}
    for verdict in verdicts.values():
        if verdict.reason in {Reason.LISTED, Reason.SPEAKS_OF, Reason.SPOKEN_OF_BY}:
            assert not verdict.deleted
            assert not verdicts[verdict.because].deleted


@given(images(), POLICIES)
def test_each_goes_on_its_day_and_not_before(image: list[Content], chosen: DeletionPolicy) -> None:
    verdicts = plan_retention(image, chosen, NOW)
    assert all(verdict.due_at is not None and verdict.due_at <= NOW for verdict in verdicts if verdict.deleted)
    for due_at in {verdict.due_at for verdict in verdicts if verdict.due_at is not None} | {NOW + timedelta(days=9999)}:
        going = {verdict.digest for verdict in plan_retention(image, chosen, due_at) if verdict.deleted}
        assert going == {each.digest for each in verdicts if each.due_at is not None and each.due_at <= due_at}


@given(images(), POLICIES)
def test_both_rules_off_take_nothing(image: list[Content], chosen: DeletionPolicy) -> None:
    off = DeletionPolicy(enabled=chosen.enabled, expression=chosen.expression)
    assert not any(verdict.deleted for verdict in plan_retention(image, off, NOW))
