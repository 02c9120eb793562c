import pytest

from berth.words.errors import FieldInvalid, Locked, ManifestUnknown, Stale, TagImmutable, TagInUse, TagInvalid
from tests import make
from tests.documents import Document
from tests.make import Target
from tests.registry import acts


@pytest.fixture
def first(web: Target) -> Document:
    return make.manifest(web, b"first", tag="v1")


@pytest.fixture
def second(web: Target) -> Document:
    return make.manifest(web, b"second", tag="v2")


def test_names_are_added_renamed_moved_and_removed_in_one_act(web: Target, first: Document, second: Document) -> None:
    make.push(web, first, tag="old")
    changes = acts.edit_tags(web, first, add=["new"], rename={"v1": "v1.0"}, move=["v2"], remove=["old"])
    assert [(change.name, change.before, change.after) for change in changes] == [
        ("new", None, first.digest),
        ("old", first.digest, None),
        ("v1", first.digest, None),
        ("v1.0", None, first.digest),
        ("v2", second.digest, first.digest),
    ]
    now = {name: acts.tagged(web, name) for name in ("new", "old", "v1", "v1.0", "v2")}
    assert now == {"new": first.digest, "old": None, "v1": None, "v1.0": first.digest, "v2": first.digest}


def test_a_dry_run_shows_what_would_move_and_moves_nothing(web: Target, first: Document, second: Document) -> None:
    [change] = acts.edit_tags(web, first, add=["v2"], dry_run=True)
    assert (change.moves, change.before, change.after) == (True, second.digest, first.digest)
    assert acts.tagged(web, "v2") == second.digest


def test_a_name_in_use_is_taken_only_by_who_says_so(web: Target, first: Document, second: Document) -> None:
    with pytest.raises(TagInUse) as refused:
        acts.edit_tags(web, first, add=["new", "v2"])
    assert (refused.value.tag, refused.value.holder, refused.value.offered) == ("v2", second.digest, "v2-restored")
    assert (acts.tagged(web, "v2"), acts.tagged(web, "new")) == (second.digest, None)


def test_one_name_that_may_not_change_keeps_all_as_they_are(web: Target, first: Document, second: Document) -> None:
    acts.lock(web, second)
    for dry_run in (True, False):
        with pytest.raises(Locked, match=second.digest):
            acts.edit_tags(web, first, add=["new"], move=["v2"], dry_run=dry_run)
    acts.lock(web, first)
    with pytest.raises(Locked, match=first.digest):
        acts.edit_tags(web, first, remove=["v1"])
    assert (acts.tagged(web, "v1"), acts.tagged(web, "new")) == (first.digest, None)


def test_an_immutable_tag_is_not_moved_by_an_edit(web: Target, first: Document, second: Document) -> None:
    del second
    make.choose(web, immutable_tags="v*")
    with pytest.raises(TagImmutable):
        acts.edit_tags(web, first, move=["v2"])


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"add": ["x"], "remove": ["x"]}, FieldInvalid),
        ({"add": [f"t{number}" for number in range(101)]}, FieldInvalid),
        ({}, FieldInvalid),
        ({"add": ["no tag"]}, TagInvalid),
        ({"remove": ["v2"]}, ManifestUnknown),
        ({"rename": {"nowhere": "x"}}, ManifestUnknown),
        ({"add": ["x"], "expected": 7}, Stale),
    ],
)
def test_what_cannot_be_is_refused(
    web: Target, first: Document, second: Document, given: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        acts.edit_tags(web, first, **given)
    assert (acts.tagged(web, "v1"), acts.tagged(web, "v2")) == (first.digest, second.digest)
