"""Modules of rpm: one package that is built several times, for each stream of a module anew, of which one is there.

    installed    nodejs 1:18.20.4-1.module+el9.4.0+22+ab12, of nodejs:18
    an advisory  "nodejs:20 security update", fixed in 1:20.16.0-1.module+el9.4.0+23+cd34     another stream
                 "nodejs security update", fixed in 1:16.20.2-8.el9                           built for no module

Compared by their versions alone, what mends one would be taken for an update of the other.
"""

import re
from collections.abc import Collection, Sequence

MARK = "module="
"""Before the streams in the variant of what an advisory says."""

_BUILT = re.compile(r"\.module[+_]")
_LABEL = re.compile(r"[A-Za-z][\w.+-]{0,39}:[\w.+-]{1,30}", re.ASCII)
_NAMED = re.compile(rf"(?<![\w.+:-])({_LABEL.pattern})(?![\w+:-])", re.ASCII)
_MOST = 10
"""Streams that are looked for in one title."""


def is_label(text: str) -> bool:
    return _LABEL.fullmatch(text) is not None


def is_built(version: str) -> bool:
    """Whether a version is of what was built for a module."""
    return _BUILT.search(version) is not None


def variant(stated: str, title: object, fixes: Collection[str]) -> str:
    """What an advisory's title says of streams, beside what it is a variant of already."""
    if not isinstance(title, str) or not any(map(is_built, fixes)):
        return stated
    named = dict.fromkeys(found.rstrip(".") for found in _NAMED.findall(title[:1000]))
    return f"{stated} {MARK}{','.join(list(named)[:_MOST])}".strip() if named else stated


def applies(version: str, label: str, said: str, fixes: Sequence[str]) -> bool:
    """Whether what is said of a variant, and mended in these versions, is of such a build.

    Without a version that mends it, it is of all. Without a label, the stream of what is installed is not known.
    """
    is_modular = bool(label) or is_built(version)
    if fixes and not any(is_built(fix) == is_modular for fix in fixes):
        return False
    name = label.partition(":")[0]
    rivals = [stream for stream in _streams(said) if stream.partition(":")[0] == name]
    return not label or not rivals or label in rivals


def _streams(said: str) -> list[str]:
    return said.partition(MARK)[2].split(",")
