"""A line with a secret, as a scanner masked it, and masked again by our own rules: it may hold a second one."""

import re

from berth.scan.secrets.rules import RULES

_MOST = 200
_MASK = 40


def masked(line: str) -> str:
    """Nothing of a line that was not masked at all."""
    if "*" not in line:
        return "*" * min(len(line), _MASK)
    text = line.encode("utf-8", "replace")
    for rule in RULES:
        if "secret" in rule.pattern.groupindex:
            text = rule.pattern.sub(_hidden, text)
    return text.decode("utf-8", "replace")[:_MOST]


def _hidden(match: re.Match[bytes]) -> bytes:
    return match[0].replace(match["secret"], b"*" * min(len(match["secret"]), _MASK))
