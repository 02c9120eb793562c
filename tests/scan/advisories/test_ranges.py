"""The evaluation of the OSV schema, a rule at a time, and at random against a reading of it that is slow and plain."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan import versions
from berth.scan.advisories import ranges
from berth.scan.advisories.ranges import Event, Kind
from berth.scan.versions import VersionInvalid

Given = Sequence[tuple[Kind, str]]


def events(given: Given) -> list[Event]:
    return [Event(kind, version) for kind, version in given]


def affected(given: Given, version: str, ecosystem: str = "npm") -> bool:
    ordered = ranges.load(ranges.dump([ranges.ordered(ecosystem, events(given))]))
    return ranges.any_affects(ecosystem, ordered, versions.key(ecosystem, version))


@pytest.mark.parametrize(
    ("given", "inside", "outside"),
    [
        pytest.param([("introduced", "0"), ("fixed", "1.2.0")], ["0.0.0", "1.1.9"], ["1.2.0", "3.0.0"], id="fixed"),
        pytest.param([("introduced", "1.0.0")], ["1.0.0", "9.9.9"], ["0.9.9"], id="introduced is included, no end"),
        pytest.param([("introduced", "0")], ["0.0.0", "99.0.0"], [], id="all"),
        pytest.param([("introduced", "0")], ["0.0.0-alpha"], [], id="0 is before every version"),
        pytest.param([("introduced", "0"), ("last_affected", "1.2.0")], ["1.2.0"], ["1.2.1"], id="to the last"),
        pytest.param([("introduced", "1.0.0"), ("last_affected", "1.0.0")], ["1.0.0"], ["0.9.0", "1.0.1"], id="one"),
        pytest.param(
            [("introduced", "0"), ("fixed", "1.0.0"), ("introduced", "2.0.0"), ("fixed", "2.5.0")],
            ["0.5.0", "2.0.0", "2.4.9"], ["1.0.0", "1.9.9", "2.5.0"], id="two stretches",
        ),
        pytest.param(
            [("fixed", "2.5.0"), ("introduced", "2.0.0"), ("fixed", "1.0.0"), ("introduced", "0")],
            ["0.5.0", "2.0.0"], ["1.0.0", "2.5.0"], id="not in order",
        ),
        pytest.param([("introduced", "0"), ("fixed", "2.0.0"), ("fixed", "1.0.0")], ["0.9.0"], ["1.5.0"], id="fixes"),
        pytest.param([("fixed", "1.0.0")], [], ["0.5.0", "1.0.0"], id="never introduced"),
        pytest.param([], [], ["1.0.0"], id="empty"),
        pytest.param([("introduced", "0"), ("limit", "2.0.0")], ["1.9.9"], ["2.0.0"], id="limit"),
        pytest.param([("introduced", "0"), ("limit", "*")], ["2.0.0"], [], id="no limit"),
        pytest.param(
            [("introduced", "1.0.0"), ("fixed", "2.0.0"), ("introduced", "2.0.0"), ("fixed", "3.0.0")],
            ["2.0.0", "2.9.0"], ["3.0.0"], id="fixed and introduced again at once",
        ),
        pytest.param(
            [("last_affected", "1.0.0"), ("introduced", "1.0.0")], ["1.0.0"], ["1.0.1"], id="last before introduced",
        ),
    ],
)  # fmt: skip
def test_the_rules(given: Given, inside: list[str], outside: list[str]) -> None:
    assert [version for version in inside if not affected(given, version)] == []
    assert [version for version in outside if affected(given, version)] == []


@pytest.mark.parametrize(
    ("ecosystem", "fixed", "inside", "outside"),
    [
        ("Debian:12", "1:2.0-1", "9.0-1", "1:2.0-1"),
        ("Debian:12", "2.0-1", "2.0~rc1-1", "2.0-1+b1"),
        ("AlmaLinux:9", "0:1.10-1.el9", "1.9-5.el9", "1.10-1.el9"),
        ("Alpine:v3.19", "1.1.1d-r0", "1.1.1c-r9", "1.1.1d-r1"),
        ("PyPI", "2.0", "2.0rc1", "2.0.0"),
        ("Maven", "2.0", "2.0-rc1", "2.0.1"),
        ("Go", "1.22.5", "1.22.5-rc.1", "1.22.5"),
    ],
)
def test_versions_are_in_the_order_of_their_ecosystem(ecosystem: str, fixed: str, inside: str, outside: str) -> None:
    given: Given = [("introduced", "0"), ("fixed", fixed)]
    assert affected(given, inside, ecosystem)
    assert not affected(given, outside, ecosystem)


def test_what_cannot_be_put_in_order_is_refused() -> None:
    with pytest.raises(VersionInvalid):
        ranges.ordered("npm", events([("introduced", "x"), ("fixed", "1.0.0")]))


def test_a_range_that_cannot_be_evaluated_affects_nothing_and_spoils_no_other() -> None:
    broken = ranges.ordered("npm", events([("introduced", "0"), ("fixed", "not a version")]))
    whole = ranges.ordered("npm", events([("introduced", "2.0.0")]))
    assert not ranges.any_affects("npm", [broken, whole], versions.key("npm", "1.0.0"))
    assert ranges.any_affects("npm", [broken, whole], versions.key("npm", "2.0.0"))


NUMBERS = st.integers(0, 12)
EVENTS = st.lists(st.tuples(st.sampled_from(ranges.KINDS[:3]), NUMBERS), min_size=1, max_size=6)


def naive(given: Sequence[tuple[Kind, int]], version: int) -> bool:
    """Walk every version up to this one, and see what each event says there."""
    state = False
    for step in range(version + 1):
        here = [kind for kind, at in given if at == step]
        if any(kind == "last_affected" and at == step - 1 for kind, at in given):
            state = False
        for kind in here:
            state = {"introduced": True, "fixed": False}.get(kind, state)
    return state


@given(EVENTS, NUMBERS, st.randoms(use_true_random=False))
def test_every_range_is_what_walking_through_all_versions_says(
    given: list[tuple[Kind, int]], version: int, order: random.Random
) -> None:
    # An event at a version that has another kind too is decided by their order, which is theirs; so none has here.
    distinct = list({at: (kind, at) for kind, at in given}.values())
    order.shuffle(distinct)
    assert affected([(kind, f"{at}.0.0") for kind, at in distinct], f"{version}.0.0") == naive(distinct, version)


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(ranges.KINDS), st.text(min_size=1, max_size=9)), max_size=4), max_size=3
    )
)
def test_ranges_are_kept_as_they_were(given: list[Given]) -> None:
    kept = tuple(tuple(events(each)) for each in given)
    assert ranges.load(ranges.dump(kept)) == kept
