"""Records of any shape are rated, at a price that their size bounds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan import severity
from berth.scan.severity import UNRATED, Rating
from berth.words.policies import Level

V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"

METRICS = ["AV:N", "AC:L", "Au:N", "PR:N", "UI:N", "S:U", "C:H", "I:H", "A:H", "E:X", "A", "AV:", ":"]
VECTOR = st.lists(st.sampled_from([*METRICS, "CVSS:2.0", "CVSS:3.0", "CVSS:3.1", "CVSS:4.0"]), max_size=12).map(
    "/".join
)
NAMES = ["type", "score", "package", "ecosystem", "urgency", "ubuntu_priority", "severity", "ecosystem_specific"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | VECTOR,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
RECORD = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["MAL-1", "GHSA-1", "X"]) | ANYTHING,
        "severity": st.lists(
            st.fixed_dictionaries({"type": st.sampled_from(["CVSS_V2", "CVSS_V3", "CVSS_V4"]), "score": VECTOR}),
            max_size=3,
        )
        | ANYTHING,
        "summary": ANYTHING,
        "affected": ANYTHING,
        "database_specific": ANYTHING,
    },
)
ENTRY = st.fixed_dictionaries(
    {
        "package": st.fixed_dictionaries(
            {"ecosystem": st.sampled_from(["Debian:12", "Ubuntu:22.04:LTS", "AlmaLinux:9"]) | ANYTHING}
        )
        | ANYTHING
    },
    optional={"ecosystem_specific": ANYTHING, "database_specific": ANYTHING, "severity": ANYTHING},
)


@given(record=RECORD, affected=ENTRY | st.just({}))
def test_any_record_has_a_rating(record: dict[str, Any], affected: dict[str, Any]) -> None:  # Any: JSON
    rating = severity.rate(record, affected)
    assert (rating.source == "") == (rating == UNRATED)
    assert rating.score is None or 0 <= rating.score <= 10


@pytest.mark.parametrize(
    "bad",
    ["", "CVSS:3.1", "CVSS:3.1/AV:N", "7.5", V3 + "/" + "E:X/" * 99_999, "CVSS:4.0/" + V3, None, 7.5, ["x"], {}],
)
def test_a_bad_vector_is_as_good_as_none(bad: object) -> None:
    broken = {"type": "CVSS_V3", "score": bad}
    assert severity.rate({"id": "X", "severity": [broken]}, {}) == UNRATED
    mixed = {"id": "X", "severity": [broken, {"type": "CVSS_V3", "score": V3}]}
    assert severity.rate(mixed, {}) == Rating(Level.CRITICAL, "cvss-v3", 9.8, V3)


def test_types_of_scores_that_are_not_known_are_not_looked_at() -> None:
    assert severity.rate({"id": "X", "severity": [{"type": "CVSS_V9", "score": V3}, {"score": V3}]}, {}) == UNRATED
