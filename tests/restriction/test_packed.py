"""Counting in one number is counting in a tally."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from berth.restriction.preview import packed
from berth.restriction.sparing import Finding
from berth.scan.tally import CELLS, KINDS, Tally
from berth.words.policies import Level

AT = datetime(2026, 6, 1, tzinfo=UTC)
findings = st.builds(
    Finding,
    st.just("CVE-1"),
    st.just(()),
    st.just("npm"),
    st.just("a"),
    st.just("1"),
    st.sampled_from(KINDS),
    st.sampled_from([Level.CRITICAL, Level.HIGH]),
    st.sampled_from(["", "2"]),
    st.none(),
    st.just(AT),
    st.integers(1, 1_000_000),
)
cells = st.lists(st.integers(0, 1_000_000), min_size=CELLS, max_size=CELLS)


def tally(some: list[Finding]) -> Tally:
    return Tally.of((each.kind, bool(each.fixed_version), each.level, each.units) for each in some)


@given(st.lists(st.lists(findings, max_size=6), max_size=4))
def test_parts_are_the_tallies_of_their_findings(parts: list[list[Finding]]) -> None:
    summed = sum(
        (packed.one(each) << packed.PART * number) * each.units for number, some in enumerate(parts) for each in some
    )
    assert [packed.tally(packed.part(summed, number)) for number in range(len(parts))] == [
        tally(some) for some in parts
    ]


@given(cells, cells)
def test_what_is_left_is_never_less_than_nothing(counted: list[int], spared: list[int]) -> None:
    mine, theirs = (packed.of_text(json.dumps(each)) for each in (counted, spared))
    left = packed.tally(packed.less(mine, theirs)).cells
    expected = [
        max(a - b, 0) if place in packed.JUDGED else 0 for place, (a, b) in enumerate(zip(counted, spared, strict=True))
    ]
    assert list(left) == expected


def test_the_tally_of_a_result_without_any_is_nothing() -> None:
    assert packed.of_text("null") == packed.of_text("[]") == 0
