"""Secrets in the files of an image."""

import re
from collections.abc import Iterator

from berth.scan.inventory import Secret
from berth.scan.secrets.rules import RULES, Hit

MAX_BYTES = 10 * 1024 * 1024
"""Longer files are no texts that people write."""
HEAD = 4096
"""A zero among so many first bytes makes a file a binary, in which chance writes things that look like secrets."""

# As Trivy does: what comes with distributions and languages, and what is an example by its name.
_ELSEWHERE = re.compile(
    r"""
      ^usr/(?:share|include|lib)/
    | ^usr/local/(?:go|lib/python[\d.]{1,8})/ | ^opt/yarn-v[\d.]{1,20}/ | ^usr/src/wordpress/ | ^var/log/anaconda/
    | (?:^|/)(?:vendor|locales?|node_modules|site-packages|dist-packages)/
    | \.dist-info/ | \.egg-info/ | (?:^|/)gems/
    | ^test | /test | [-_.]test | example
    | \.md$
    """,
    re.VERBOSE,
)


def may_tell(path: str, size: int) -> bool:
    """Whether a file is looked at. The lines in the middle of a path are bounded by the limit on paths."""
    return 0 < size <= MAX_BYTES and _ELSEWHERE.search(path) is None


def is_text(start: bytes) -> bool:
    """Of the first `HEAD` bytes."""
    return b"\0" not in start[:HEAD]


def find(path: str, text: bytes) -> list[Secret]:
    """In the order of lines. Nothing in a binary."""
    if not is_text(text):
        return []
    hits = sorted((hit for rule in RULES for hit in rule.hits(text)), key=lambda hit: hit.start)
    return [secret(hit, path, line) for hit, line in _with_lines(hits, text)]


def _with_lines(hits: list[Hit], text: bytes) -> Iterator[tuple[Hit, int]]:
    line, at = 1, 0
    for hit in hits:
        line += text.count(b"\n", at, hit.start)
        at = hit.start
        yield hit, line


def secret(hit: Hit, path: str, line: int) -> Secret:
    return Secret(hit.rule.id, hit.rule.level.value, hit.rule.title, path, line, hit.masked)
