"""`berth policy`: what images do by themselves, field by field."""

import pytest

from tests.cli.conftest import Command
from tests.cli.pushing import push
from tests.client import Image

JSON = ("--output", "json")


@pytest.fixture(params=["server", "database"])
def berth(request: pytest.FixtureRequest) -> Command:
    command: Command = request.getfixturevalue(f"on_{request.param}")
    return command


def test_a_field_is_changed_and_the_others_stay(berth: Command, image: Image) -> None:
    push(image, "one", "v1")
    before = berth.succeeds("policy", "show", image.name, *JSON).json
    fields = ("enabled=yes", "old.enabled=true", "old.days=90", "expression=2024*")
    changed = berth.succeeds("policy", "set", image.name, "deletion", *fields, *JSON).json
    expected = {**before["deletion"], "enabled": True, "expression": "2024*", "old": {"enabled": True, "days": 90}}
    assert changed == expected
    assert berth.succeeds("policy", "show", image.name, *JSON).json == {**before, "deletion": expected}
    berth.succeeds("policy", "set", image.name, "scan", "exclude_level=none")
    berth.succeeds("policy", "set", image.name, "scan", "exclude_level=-")
    assert berth.succeeds("policy", "show", image.name, *JSON).json["scan"] == before["scan"]


def test_images_that_are_there_get_the_defaults_when_it_is_said(berth: Command, image: Image) -> None:
    push(image, "one", "v1")
    berth.succeeds("policy", "set", "main/apps", "pull", "critical=7")
    differences = berth.succeeds("policy", "apply", "main/apps", "pull", "--dry-run", *JSON).json
    assert image.name in str(differences)
    assert berth.succeeds("policy", "show", image.name, *JSON).json["pull"]["critical"] == 1
    berth.succeeds("policy", "apply", "main/apps", "pull")
    assert berth.succeeds("policy", "show", image.name, *JSON).json["pull"]["critical"] == 7
    berth.succeeds("policy", "set", "main/apps", "pull", "critical=1")


def test_immutable_tags_are_set_and_ended(berth: Command) -> None:
    edited = berth.succeeds("repository", "edit", "main/apps", "--immutable-tags", "release-*", *JSON).json
    assert edited["immutable_tags"] == "release-*"
    assert berth.succeeds("repository", "edit", "main/apps", "--immutable-tags", "", *JSON).json["immutable_tags"] == ""


@pytest.mark.parametrize(
    "words", [("scan", "automatic"), ("scan", "colour=blue"), ("deletion", "old.weeks.x=1"), ("pull", "critical=many")]
)
def test_a_field_that_is_none_is_named(berth: Command, words: tuple[str, str]) -> None:
    done = berth("policy", "set", "main/apps", *words)
    assert (done.code, words[1].partition("=")[0] in done.line) == (2, True)


def test_a_deletion_policy_is_tried_then_applied(berth: Command, image: Image) -> None:
    push(image, "one", "v1")
    tried = berth.succeeds(
        "policy", "test", image.name, "enabled=yes", "old.enabled=yes", "old.days=1", "--kept", *JSON
    )
    assert [(row["deleted"], row["reason"]) for row in tried.json] == [(False, "too-young")]
    assert berth.succeeds("policy", "run", image.name, "--yes", *JSON).json == []
    listed = berth.succeeds("policy", "runs", image.name, *JSON).json
    assert [(row["kind"], row["state"]) for row in listed] == [("run", "done"), ("test", "done")]
    done = berth("policy", "test", image.name, "old.days=0")
    assert (done.code, "old.days" in done.line) == (2, True)


@pytest.mark.parametrize("text", ["2024", "yes", "no", "none", "true"])
def test_an_expression_is_text_whatever_it_looks_like(berth: Command, image: Image, text: str) -> None:
    push(image, "one", "v1")
    fields = (f"keep_matching={text}", f"expression={text}")
    changed = berth.succeeds("policy", "set", image.name, "deletion", *fields, *JSON).json
    assert (changed["keep_matching"], changed["expression"]) == (text, text)


@pytest.mark.parametrize("value", ["9" * 5000, "many", "1.5", "yes"])
def test_a_number_that_is_none_is_refused_with_its_field(berth: Command, image: Image, value: str) -> None:
    push(image, "one", "v1")
    done = berth("policy", "set", image.name, "deletion", f"old.days={value}")
    assert (done.code, "old.days" in done.line) == (2, True)
