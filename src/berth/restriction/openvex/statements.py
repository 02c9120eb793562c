"""A document of OpenVEX, read: a flaw anywhere in it refuses the whole, with the field that is wrong.

Of several statements about one vulnerability of one product the newest counts, as the specification says; which those
are can only be told once products are known, so their times and places are kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeGuard

from berth.restriction.openvex import notes
from berth.restriction.terms import JUSTIFICATIONS, MAX_NAME, MAX_TEXT, STATUSES, Justification, Status
from berth.words.errors import FieldInvalid

CONTEXT = "https://openvex.dev/ns/v0.2.0"
CONTEXTS = ("https://openvex.dev/ns", CONTEXT)
"""Of this version; one without a version is the newest there was."""
MAX_STATEMENTS = 1000
MAX_PRODUCTS = 1000
"""Of one statement, and parts of one product."""
MAX_NAMED = 10_000
"""Products and parts of the whole document: each is looked up."""
MAX_ALIASES = 100
MAX_ID = 2000
MAX_NOTES = MAX_TEXT * 2

JSON = Any  # JSON from outside


@dataclass(frozen=True)
class Component:
    """A product, or a part of one."""

    id: str
    purl: str
    """Empty: none is told."""
    digests: tuple[str, ...]
    parts: tuple["Component", ...] = ()

    def __str__(self) -> str:
        return self.id or self.purl or next(iter(self.digests), "")


@dataclass(frozen=True)
class Statement:
    place: int
    at: datetime
    vulnerability: str
    aliases: tuple[str, ...]
    products: tuple[Component, ...]
    status: Status
    justification: Justification | None
    impact: str
    notes: str
    """Whatever else is said in words."""


@dataclass(frozen=True)
class Document:
    id: str
    author: str
    statements: tuple[Statement, ...]


def parse(document: dict[str, JSON]) -> Document:
    """Raises `FieldInvalid`."""
    if document.get("@context") not in CONTEXTS:
        raise FieldInvalid("document.@context", f"it must be {CONTEXT}")
    at = _time(document, "timestamp", "document", None)
    author = _text(document, "author", "document", MAX_TEXT)
    if not author:
        raise FieldInvalid("document.author", "who says so")
    given = document.get("statements")
    if not isinstance(given, list) or not given:
        raise FieldInvalid("document.statements", "a list of one statement at the least")
    if len(given) > MAX_STATEMENTS:
        raise FieldInvalid("document.statements", f"at most {MAX_STATEMENTS} in one document")
    read = tuple(_statement(place, each, at) for place, each in enumerate(given))
    if sum(1 + len(product.parts) for each in read for product in each.products) > MAX_NAMED:
        raise FieldInvalid("document.statements", f"at most {MAX_NAMED} products and parts of them in one document")
    return Document(_text(document, "@id", "document", MAX_ID), author, read)


def _statement(place: int, given: JSON, at: datetime) -> Statement:
    where = f"document.statements[{place}]"
    if not isinstance(given, dict):
        raise FieldInvalid(where, "an object")
    status = _word(given, "status", where, STATUSES)
    if status is None:
        raise FieldInvalid(f"{where}.status", f"one of {', '.join(STATUSES)}")
    justification = _word(given, "justification", where, JUSTIFICATIONS)
    impact = _text(given, "impact_statement", where, MAX_TEXT)
    if status == "not_affected" and justification is None and not impact:
        raise FieldInvalid(f"{where}.justification", "not_affected has a justification or an impact_statement")
    name, aliases = _vulnerability(given.get("vulnerability"), f"{where}.vulnerability")
    said = (notes.read(_text(given, field, where, MAX_NOTES)) for field in ("action_statement", "status_notes"))
    return Statement(
        place,
        _time(given, "timestamp", where, at),
        name,
        aliases,
        tuple(_components(given, "products", where, parts=True)),
        status,
        justification,
        impact,
        "; ".join(note for note in said if note)[:MAX_TEXT],
    )


def _vulnerability(given: JSON, where: str) -> tuple[str, tuple[str, ...]]:
    """Older documents have the name alone."""
    if isinstance(given, str):
        given = {"name": given}
    if not isinstance(given, dict):
        raise FieldInvalid(where, "an object with a name")
    name = _text(given, "name", where, MAX_NAME)
    aliases = given.get("aliases", [])
    if not isinstance(aliases, list) or len(aliases) > MAX_ALIASES or not all(map(_is_text, aliases)):
        raise FieldInvalid(f"{where}.aliases", f"a list of at most {MAX_ALIASES} names")
    if not name:
        raise FieldInvalid(f"{where}.name", f"1 to {MAX_NAME} characters")
    return name, tuple(each for each in aliases if 0 < len(each) <= MAX_NAME)


def _components(given: JSON, field: str, where: str, *, parts: bool) -> Iterator[Component]:
    listed = given.get(field, [])
    if not isinstance(listed, list) or len(listed) > MAX_PRODUCTS:
        raise FieldInvalid(f"{where}.{field}", f"a list of at most {MAX_PRODUCTS}")
    for place, each in enumerate(listed):
        yield _component(each, f"{where}.{field}[{place}]", parts=parts)


def _component(given: JSON, where: str, *, parts: bool) -> Component:
    if isinstance(given, str):
        given = {"@id": given}
    if not isinstance(given, dict):
        raise FieldInvalid(where, "an object with an @id")
    id_ = _text(given, "@id", where, MAX_ID)
    names, hashes = given.get("identifiers", {}), given.get("hashes", {})
    if not isinstance(names, dict) or not isinstance(hashes, dict):
        raise FieldInvalid(where, "its identifiers and hashes are objects")
    purl = _text(names, "purl", f"{where}.identifiers", MAX_ID) or (id_ if id_.startswith("pkg:") else "")
    algorithms = {"sha-256": "sha256", "sha-512": "sha512", "sha256": "sha256", "sha512": "sha512"}
    digests = tuple(
        f"{algorithms[name]}:{value.lower()}"
        for name, value in hashes.items()
        if name in algorithms and _is_text(value)
    )
    below = tuple(_components(given, "subcomponents", where, parts=False)) if parts else ()
    if not (id_ or purl or digests):
        raise FieldInvalid(where, "an @id, a package URL or a hash")
    return Component(id_, purl, digests, below)


def _is_text(value: JSON) -> TypeGuard[str]:
    """One that can be written: JSON may name characters that are none."""
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _text(given: dict[str, JSON], field: str, where: str, most: int) -> str:
    value = given.get(field, "")
    if value is None:
        return ""
    if not _is_text(value):
        raise FieldInvalid(f"{where}.{field}", "a text")
    if len(value) > most:
        raise FieldInvalid(f"{where}.{field}", f"at most {most} characters, this has {len(value)}")
    return value.strip()


def _word(given: dict[str, JSON], field: str, where: str, known: tuple[Any, ...]) -> Any:  # Any: one of the words
    value = given.get(field)
    if value in (None, ""):
        return None
    if value not in known:
        raise FieldInvalid(f"{where}.{field}", f"one of {', '.join(known)}")
    return value


def _time(given: dict[str, JSON], field: str, where: str, otherwise: datetime | None) -> datetime:
    value = given.get(field) or ""
    if value == "" and otherwise is not None:
        return otherwise
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise FieldInvalid(f"{where}.{field}", "a time such as 2026-01-31T12:00:00Z")
