"""Text of others, where it could do more than be read.

Whoever pushes or describes something may write what they like. Unicode's control characters and those that turn the
direction of writing are obeyed by terminals; a half of a surrogate pair is something JSON can say and UTF-8 cannot.
"""

import re

_HALF = re.compile("[\ud800-\udfff]")
_BREAK = re.compile("[\t\n\r\u2028\u2029]+")
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def whole(text: str) -> str:
    """With a replacement character for each half of a surrogate pair."""
    return _HALF.sub("\ufffd", text)


def shown(text: str) -> str:
    """In one line, with what a terminal would obey written out."""
    return _OBEYED.sub(_written, _BREAK.sub(" ", text))


def shown_json(document: str) -> str:
    """JSON over several lines that says the same, with what a terminal would obey escaped in its strings."""
    return _OBEYED.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", document)


def _written(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
