"""Names by a part of them, from an index of their own: `tag_gram` has each name under every three characters of it.

A name that contains a text contains all its threes, so the rarest of them lists few names to be looked through.
Fallback names, which are long and nobody's choice, are left out: they are found by their beginning.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
)

from berth.db import pages
from berth.db.tables import tag, tag_gram
from berth.words import names

TRIED = 12
"""Of the threes of a text so many are tried for the rarest."""

COUNTED = 2000
"""Names of one three that are counted at most; beyond, one is as good as another."""

LAST = "\x7f"
"""Comes after every character of a name."""


def remember(tx: Connection, image_id: int, name: str) -> None:
    """A name that is new to the image."""
    if names.fallback_subject(name) is None:
        tx.execute(insert(tag_gram), [{"image_id": image_id, "gram": gram, "name": name} for gram in names.grams(name)])


def forget(tx: Connection, image_id: int, gone: Collection[str]) -> None:
    """Names that the image has no more."""
    for name in gone:
        here = (tag_gram.c.image_id == image_id) & tag_gram.c.gram.in_(names.grams(name))
        tx.execute(delete(tag_gram).where(here, tag_gram.c.name == name))


def containing(part: str) -> ColumnElement[bool]:
    """Whether a row of `tag` has a name that contains a text, in whatever case."""
    begins = tag.c.name.startswith(part.lower(), autoescape=True)
    return or_(and_(tag.c.fallback_of.is_(None), pages.containing(tag.c.name, part)), _is_fallback(begins))


def manifests(image_id: int, part: str) -> Select[Any]:  # Any: ids
    """The ids of the digests that have such a name, each as often as it has one."""
    named = (
        select(tag.c.manifest_id)
        .join(tag_gram, and_(tag_gram.c.image_id == tag.c.image_id, tag_gram.c.name == tag.c.name))
        .where(*_looked_through(image_id, part.lower()))
    )
    return _with_fallback(named, select(tag.c.manifest_id), image_id, part)


def tags(image_id: int, part: str) -> Select[Any]:  # Any: ids
    """The ids of such tags, perhaps more than once."""
    named = (
        select(tag.c.id)
        .join(tag_gram, and_(tag_gram.c.image_id == tag.c.image_id, tag_gram.c.name == tag.c.name))
        .where(*_looked_through(image_id, part.lower()))
    )
    return _with_fallback(named, select(tag.c.id), image_id, part)


def _with_fallback(named: Select[Any], plain: Select[Any], image_id: int, part: str) -> Select[Any]:  # Any: ids
    if not part.lower().startswith(names.FALLBACK_BEGINS):
        return named
    begins = (tag.c.name >= part.lower()) & (tag.c.name < part.lower() + LAST)
    both = union_all(named, plain.where(tag.c.image_id == image_id, _is_fallback(begins))).subquery()
    return select(*both.c)


def _is_fallback(begins: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(tag.c.fallback_of.is_not(None), begins)


def _looked_through(image_id: int, part: str) -> list[ColumnElement[bool]]:
    mine = tag_gram.c.image_id == image_id
    if len(part) < names.GRAM:
        return [mine, tag_gram.c.gram >= part, tag_gram.c.gram < part + LAST]
    whole = [gram for gram in names.grams(part) if len(gram) == names.GRAM][:TRIED]
    return [mine, tag_gram.c.gram == _rarest(image_id, whole), pages.containing(tag_gram.c.name, part)]


def _rarest(image_id: int, grams: list[str]) -> ColumnElement[str]:
    if len(grams) == 1:
        return literal(grams[0], tag_gram.c.gram.type)
    counts = union_all(*(select(literal(gram).label("gram"), _count(image_id, gram).label("count")) for gram in grams))
    counted = counts.subquery("counted")
    return select(counted.c.gram).order_by(counted.c.count, counted.c.gram).limit(1).scalar_subquery()


def _count(image_id: int, gram: str) -> ColumnElement[int]:
    here = select(literal(1)).where(tag_gram.c.image_id == image_id, tag_gram.c.gram == gram).limit(COUNTED)
    return select(func.count()).select_from(here.subquery()).scalar_subquery()
