"""Stanzas: whatever dpkg can write is read as it was meant, whatever else there is does no harm."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.catalog import lines, stanzas
from berth.scan.catalog.gathered import Damaged

WANTED = frozenset({"package", "version"})
words = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)
wanted = st.fixed_dictionaries({"package": words, "version": words})
noise = st.lists(st.tuples(st.sampled_from(["Description", "Depends", "Conffiles"]), words, st.lists(words)))


def written(fields: dict[str, str], more: list[tuple[str, str, list[str]]]) -> str:
    head = "".join(f"{name.title()}: {value}\n" for name, value in fields.items())
    return head + "".join(f"{name}: {value}\n" + "".join(f" {each}\n" for each in rest) for name, value, rest in more)


def read(text: str | bytes, *, ended: bool = True) -> list[dict[str, str]]:
    body = text.encode() if isinstance(text, str) else text
    return list(stanzas.read(io.BytesIO(body), WANTED, ended=ended))


@given(st.lists(st.tuples(wanted, noise)), st.integers(1, 3))
def test_what_was_written_is_read(
    entries: list[tuple[dict[str, str], list[tuple[str, str, list[str]]]]], blank: int
) -> None:
    text = ("\n" * blank).join(written(*each) for each in entries)
    assert read(text) == [fields for fields, _ in entries]


@given(st.binary(max_size=500))
def test_any_bytes_end_in_stanzas_or_in_damage(body: bytes) -> None:
    try:
        found = read(body)
    except Damaged:
        return
    assert all(set(each) <= WANTED for each in found)


def test_what_stands_before_damage_is_read() -> None:
    found = stanzas.read(io.BytesIO(b"Package: a\n\nno field\n"), WANTED, ended=True)
    assert next(found) == {"package": "a"}
    with pytest.raises(Damaged, match="1 of its lines"):
        list(found)


def test_a_line_that_was_cut_is_damage_where_files_end_with_a_line() -> None:
    assert read("Package: a\nVersion: 1", ended=False) == [{"package": "a", "version": "1"}]
    with pytest.raises(Damaged, match="middle of a line"):
        read("Package: a\nVersion: 1")


def test_a_line_without_end_costs_no_memory() -> None:
    body = b"Package: a\nDepends: " + b"x" * 1_000_000 + b"\nVersion: 1\n"
    assert read(body) == [{"package": "a", "version": "1"}]
    assert max(map(len, lines.read(io.BytesIO(body)))) == lines.LONGEST + 1


def test_control_characters_and_endless_values_do_not_get_through() -> None:
    (fields,) = read("Package: \x1b[31mred\x00\u202e\nVersion: " + "1" * 1000 + "\n")
    assert fields == {"package": "[31mred", "version": "1" * 255}
