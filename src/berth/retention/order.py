"""The order in which a run deletes: an index before its children, a subject before what speaks of it.

Then nothing is asked for while something that goes later still lists it or takes it along.
"""

from collections.abc import Mapping, Sequence

from berth.retention.plan import Verdict


def ordered(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """What goes comes first. Where fallback names make a circle, its members stand together."""
    going = {verdict.digest: verdict for verdict in verdicts if verdict.deleted}
    placed: dict[str, Verdict] = {}
    for start in going:
        _place(start, going, placed)
    return [*placed.values(), *(verdict for verdict in verdicts if not verdict.deleted)]


def _place(start: str, going: Mapping[str, Verdict], placed: dict[str, Verdict]) -> None:
    """After all that has to go before it. Rows of signatures of signatures are too long for a recursion."""
    entered: set[str] = set()
    waiting = [start]
    while waiting:
        digest = waiting[-1]
        content = going[digest].content
        first = [] if digest in entered else [*content.parents, *content.subjects]
        entered.add(digest)
        ahead = [each for each in first if each in going and each not in placed and each not in entered]
        if ahead:
            waiting.extend(ahead)
        else:
            placed.setdefault(waiting.pop(), going[digest])
