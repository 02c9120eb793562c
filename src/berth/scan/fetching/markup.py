"""XML from outside, read element by element: of a long file no more is held than one of its entries.

Entities that it declares are refused, so it cannot grow as it is read, and nothing outside of it is ever asked for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from berth.scan.advisories.archives import SourceRefused

MAX_DEPTH = 64
MAX_ELEMENTS = 200_000
"""In one entry, itself included."""
MAX_TEXT = 8 * 1024 * 1024
"""Characters in one entry, those of attributes included."""
MAX_TOKEN = 4 * 1024 * 1024
"""Bytes after which something must have begun or ended; expat may look at them again with every piece."""


@dataclass(slots=True)
class Element:
    name: str
    """Without its namespace."""
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def all(self, name: str) -> Iterator["Element"]:
        """Of what is inside, however deep, those of a name, in their order."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.all(name)

    def first(self, name: str) -> str:
        """The text of the first of them, or none."""
        return next((each.text.strip() for each in self.all(name)), "")


def entries(pieces: Iterable[bytes], name: str) -> Iterator[Element]:
    """Every element of a name, one after the other. Raises `SourceRefused`, also while they are read."""
    reading = _Reading(name)
    try:
        for piece in pieces:
            reading.feed(piece)
            yield from reading.taken()
        reading.end()
    except expat.ExpatError as error:
        raise SourceRefused(f"it is no XML: {error}"[:200]) from None
    yield from reading.taken()


class _Reading:
    def __init__(self, name: str) -> None:
        self._name = name
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.CommentHandler = self._passed
        self._parser.EntityDeclHandler = self._refuse
        self._open: list[Element] = []
        self._depth = self._elements = self._characters = 0
        self._fed = self._seen = 0
        self._done: list[Element] = []

    def feed(self, piece: bytes) -> None:
        self._fed += len(piece)
        self._parser.Parse(piece, False)  # noqa: FBT003  expat takes no names
        if self._fed - self._seen > MAX_TOKEN:
            raise SourceRefused(f"something in the XML is longer than {MAX_TOKEN} bytes")

    def end(self) -> None:
        self._parser.Parse(b"", True)  # noqa: FBT003  expat takes no names

    def taken(self) -> list[Element]:
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._seen = self._fed
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SourceRefused(f"the XML is nested more than {MAX_DEPTH} deep")
        element = Element(name.rpartition(" ")[2], attributes)
        if self._open or element.name == self._name:
            self._count(1, sum(len(key) + len(value) for key, value in attributes.items()))
            if self._open:
                self._open[-1].children.append(element)
            self._open.append(element)

    def _end(self, _name: str) -> None:
        self._seen = self._fed
        self._depth -= 1
        if not self._open:
            return
        element = self._open.pop()
        if not self._open:
            self._done.append(element)
            self._elements = self._characters = 0

    def _text(self, text: str) -> None:
        self._seen = self._fed
        if self._open:
            self._count(0, len(text))
            self._open[-1].parts.append(text)

    def _passed(self, _text: str) -> None:
        self._seen = self._fed

    def _count(self, elements: int, characters: int) -> None:
        self._elements += elements
        self._characters += characters
        if self._elements > MAX_ELEMENTS or self._characters > MAX_TEXT:
            raise SourceRefused("an entry of the XML is too large")

    def _refuse(self, *_: object) -> NoReturn:
        raise SourceRefused("the XML declares entities")
