"""Who is responsible and until when: OpenVEX has no fields for that, so people read it in the notes.

What was written here is taken off again when it is read, so that a document that comes back says what it said.
"""

import re

from berth.restriction.terms import Terms
from berth.words import time

_OURS = re.compile(r" ?\(until \S+Z, responsible: [^\n]*\)$")


def written(text: str, terms: Terms) -> str:
    return f"{text} (until {time.text(terms.expires_at)}, responsible: {terms.owner})".strip()


def read(text: str) -> str:
    return _OURS.sub("", text)
