"""JSON in columns comes back as it was written, by whichever of the two writers of it."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from berth.db import documents

text = some.text(some.characters())
"""Halves of surrogate pairs too, which JSON can write and UTF-8 cannot."""
values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | text,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_a_value_comes_back_as_it_was_written(value: object) -> None:
    assert documents.loads(documents.dumps(value)) == value


@given(values)
def test_what_python_wrote_before_is_read_and_the_other_way_round(value: object) -> None:
    assert documents.loads(json.dumps(value)) == value
    assert json.loads(documents.dumps(value)) == value


@pytest.mark.parametrize("beside", ["", "\ud800"])
def test_a_time_becomes_a_text_whatever_stands_beside_it(beside: str) -> None:
    at = datetime(2026, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)
    written = documents.loads(documents.dumps({"at": at, "text": beside}))
    assert (datetime.fromisoformat(written["at"]), written["text"]) == (at, beside)


def test_what_is_no_json_is_refused_in_both_directions() -> None:
    with pytest.raises(TypeError):
        documents.dumps(object())
    with pytest.raises(ValueError, match="Expecting value"):
        documents.loads('{"a":')
