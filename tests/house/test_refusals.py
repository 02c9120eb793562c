"""Every refusal has an answer at every door."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

from berth import doors
from berth.words import errors

WIRE = "wire"
"""Bytes on the connection, below any dialect: it refuses nothing by itself."""

DOORS = [info.name for info in pkgutil.iter_modules(doors.__path__) if info.ispkg and info.name != WIRE]


def refusals(kind: type[errors.Refusal] = errors.Refusal) -> Iterator[type[errors.Refusal]]:
    """Those that are raised: the leaves of the family."""
    children = kind.__subclasses__()
    if not children:
        yield kind
    for child in children:
        yield from refusals(child)


@pytest.mark.parametrize("door", DOORS)
def test_a_door_answers_every_refusal(door: str) -> None:
    answers = importlib.import_module(f"berth.doors.{door}.errors").ANSWERS
    assert [kind.__name__ for kind in refusals() if kind not in answers] == []


def test_a_refusal_is_a_sentence_and_not_a_template() -> None:
    assert [kind.__name__ for kind in refusals() if "__str__" not in vars(kind)] == []
