"""Expressions for tag names: `*` stands for any characters, all else for itself, and the whole name has to match."""

import re

from berth.words.errors import FieldInvalid

_EXPRESSION = re.compile(r"[a-zA-Z0-9_*][a-zA-Z0-9._*-]{0,129}")


def parse(text: str, field: str = "expression") -> str:
    """Raises `FieldInvalid`."""
    if not _EXPRESSION.fullmatch(text):
        raise FieldInvalid(field, "1 to 130 letters, digits, '_', '.', '-' and '*', beginning with none of '.' and '-'")
    return text


def matches(expression: str, name: str) -> bool:
    """Looks at each piece between the stars once, so that no expression is slow."""
    first, *rest = expression.split("*")
    if not rest:
        return name == expression
    *middle, last = rest
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return False
    place, end = len(first), len(name) - len(last)
    for piece in middle:
        found = name.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True
