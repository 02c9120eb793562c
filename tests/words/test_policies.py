import json

import pytest

from berth.words import actions
from berth.words.actions import Action
from berth.words.errors import FieldInvalid
from berth.words.policies import (
    DeletionPolicy,
    DeletionRule,
    Level,
    LockPolicy,
    Policies,
    PullPolicy,
    Record,
    ScanPolicy,
)


@pytest.mark.parametrize(
    "policy",
    [
        ScanPolicy(automatic=True, exclusion=True, exclude_level=Level.LOW),
        PullPolicy(restrict_vulnerable=True, critical=0, high=9_999_999),
        LockPolicy(locked=True),
        DeletionPolicy(enabled=True, untagged=DeletionRule(enabled=True, days=999), expression="v*"),
    ],
)
def test_a_policy_reads_back_as_it_was_written(policy: Record) -> None:
    assert type(policy).from_json(json.loads(json.dumps(policy.to_json()))) == policy


def test_new_policies_do_nothing_and_restrict_nothing() -> None:
    fresh = Policies()
    assert not any([fresh.scan.automatic, fresh.pull.restrict_vulnerable, fresh.lock.locked, fresh.deletion.enabled])
    assert (fresh.pull.critical, fresh.pull.high) == (1, 1)
    assert (fresh.deletion.untagged.days, fresh.deletion.expression) == (90, "*")


@pytest.mark.parametrize("value", [-1, 10_000_000])
def test_a_restriction_has_limits(value: int) -> None:
    with pytest.raises(FieldInvalid, match="critical"):
        PullPolicy(critical=value)


@pytest.mark.parametrize("days", [0, 1000])
def test_a_period_has_limits(days: int) -> None:
    with pytest.raises(FieldInvalid, match="days"):
        DeletionRule(days=days)


@pytest.mark.parametrize("expression", ["", "-x", ".x", "a b", "a" * 131, "a/b"])
def test_an_expression_has_a_rule(expression: str) -> None:
    with pytest.raises(FieldInvalid, match="expression"):
        DeletionPolicy(expression=expression)


def test_roles_bundle_actions_and_leave_the_restriction_out() -> None:
    assert actions.parse(["writer"]) == {Action.PULL, Action.PUSH}
    assert actions.parse(["reader", "delete"]) == {Action.PULL, Action.DELETE}
    assert all(Action.PULL_RESTRICTED not in role for role in actions.ROLES.values())


def test_an_action_nobody_knows_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(FieldInvalid, match="pull-restricted"):
        actions.parse(["fly"])


def test_actions_read_back_as_they_were_written() -> None:
    assert actions.split(actions.join(actions.ALL)) == actions.ALL
    assert actions.split("") == actions.NONE
