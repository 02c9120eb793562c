"""A flaw in words, from the records that tell of it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeGuard

from berth.scan.advisories import links, records
from berth.scan.advisories.opened import Advisories, Telling
from berth.scan.matches import Vulnerability

MAX_READ = 6
"""Records of one flaw that are read for words; popular ones have dozens, which say the same."""
MAX_TITLE = 300
MAX_DESCRIPTION = 10_000
MAX_LINKS = 40
MAX_LINK = 2_000

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]|[\ud800-\udfff]")
"""Nothing that moves a cursor, turns the direction of reading or is half a character."""


def vulnerability(advisories: Advisories, flaw: str, tellings: Sequence[Telling]) -> Vulnerability:
    """Without a score: whose it is depends on whom it is told to."""
    aliases = advisories.aliases(flaw)
    documents = [advisories.document(each.number) for each in _best(tellings, {flaw, *aliases})]
    return Vulnerability(
        id=flaw,
        aliases=aliases,
        title=next(_texts(documents, "summary", MAX_TITLE), ""),
        description=next(_texts(documents, "details", MAX_DESCRIPTION), ""),
        links=tuple(_links(documents)),
        published=next(filter(None, (records.time_of(each, "published") for each in documents)), None),
        modified=max(filter(None, (records.time_of(each, "modified") for each in documents)), default=None),
        malware=any(each.record.startswith("MAL-") for each in tellings),
    )


def _best(tellings: Sequence[Telling], names: set[str]) -> list[Telling]:
    """Those that are about this flaw before bulletins that name it among others."""
    return sorted(tellings, key=lambda each: (each.record not in names, links.rank(each.record)))[:MAX_READ]


def _texts(documents: Iterable[dict[str, Any]], field: str, limit: int) -> Iterator[str]:  # Any: JSON from outside
    for document in documents:
        text = document.get(field)
        if isinstance(text, str) and text.strip():
            yield _CONTROL.sub("", text[:limit].replace("\r\n", "\n")).strip()


def _links(documents: Iterable[dict[str, Any]]) -> list[str]:  # Any: JSON from outside
    given = [each.get("references") for each in documents]
    references = [each for some in given if isinstance(some, list) for each in some if isinstance(each, dict)]
    return list(dict.fromkeys(url for each in references if _is_link(url := each.get("url"))))[:MAX_LINKS]


def _is_link(url: object) -> TypeGuard[str]:
    """Of the web, so that whoever clicks on it runs nothing."""
    if not isinstance(url, str) or len(url) > MAX_LINK or not url.isprintable():
        return False
    return url.startswith(("https://", "http://"))
