"""How exports are written: piece by piece, so that a large report is never one string."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

PIECE = 64 * 1024
"""Characters that are gathered before a piece goes out."""

# What a terminal or an editor obeys instead of showing it, and halves of surrogate pairs, which UTF-8 cannot say.
_ODD = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


class Open(dict[str, Any]):  # Any: JSON values, iterators of them, functions
    """A JSON object that is written field by field.

    A field that is an iterator becomes a list, item by item. One that is a function is asked for when all before it
    has been written.
    """


def of_json(document: Open) -> Iterator[bytes]:
    return of_text(_written(document))


def of_text(texts: Iterable[str]) -> Iterator[bytes]:
    """UTF-8, gathered from short texts to pieces that are worth sending."""
    gathered: list[str] = []
    size = 0
    for text in texts:
        gathered.append(text)
        size += len(text)
        if size >= PIECE:
            yield "".join(gathered).encode()
            gathered, size = [], 0
    if gathered:
        yield "".join(gathered).encode()


def _written(value: object) -> Iterator[str]:
    if isinstance(value, Open):
        yield "{"
        for number, (name, field) in enumerate(value.items()):
            yield f"{',' if number else ''}\n{json.dumps(name)}:"
            yield from _written(field)
        yield "\n}"
    elif isinstance(value, Iterator):
        yield "["
        for number, item in enumerate(value):
            yield ",\n" if number else "\n"
            yield from _written(item)
        yield "]"
    elif callable(value):
        yield from _written(value())
    else:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        yield _ODD.sub(_escaped, text)


def _escaped(odd: re.Match[str]) -> str:
    code = ord(odd[0])
    return "\\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"  # noqa: PLR2004  the range of surrogates
