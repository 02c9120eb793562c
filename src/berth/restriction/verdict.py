"""May it be pulled? One pure function over plain facts, and its answer with all reasons in their order.

The order of the rules:

1. `quarantined`   somebody has put the digest out of use; whatever the mode, and whatever the digest is.
   What is no image (signature, attestation, chart) is exempt from all others. An index is served, and its images are
   judged one by one.
2. `unscanned`     there is no good result: never scanned, still being scanned, failed, or waiting for advisories.
   The last good result stays in force while a later scan goes on or has failed. Gaps in what was checked are no reason.
3. `vulnerable`    Critical or High findings exceed their limit. The exclusion policy goes first, then what has no fix
   where that is switched on, then what is waived, then what is spared for a while. Secrets are none of these findings.

Only quarantine is enforced in the modes `off` and `warn`. Whoever has the right `pull-restricted` passes all rules.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Literal

from berth.registry.kinds import Kind
from berth.scan.queue import WAITS_FOR_ADVISORIES
from berth.scan.tally import Tally
from berth.words import time
from berth.words.policies import Level, PullPolicy, ScanPolicy

REMEMBERED = 4096
"""What policies leave of tallies: there are few of each, and previews ask for all of them."""

Rule = Literal["quarantined", "unscanned", "vulnerable"]
Unscanned = Literal["never", "queued", "running", "failed", "waiting"]
"""Why there is no good result; `waiting`: for advisories."""

Outcome = Literal["allowed", "warned", "permitted", "refused", "exempt", "partly"]
"""`warned`: rules stand against it, and the mode only warns. `permitted`: they do, and the caller's right passes them.
`exempt`: it is no image, so only a quarantine is for it. `partly`: an index some of whose images are refused."""


@dataclass(frozen=True, slots=True)
class Quarantine:
    by: str
    at: datetime
    reason: str

    def to_json(self) -> dict[str, str]:
        return {"by": self.by, "at": time.text(self.at), "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a digest."""

    kind: Kind
    """From the manifest's content."""
    tally: Tally | None = None
    """All findings of the last good result, nothing left out; None: there is no such result."""
    scan_state: str = ""
    """How the last scan goes or went: `queued`, `running`, `done`, `failed`; empty: nobody has asked for one."""
    scan_code: str = ""
    """Of a failure, or what it waits for."""
    quarantine: Quarantine | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What an image asks for."""

    pull: PullPolicy = field(default_factory=PullPolicy)
    scan: ScanPolicy = field(default_factory=ScanPolicy)
    """Its exclusion goes first."""


@dataclass(frozen=True, slots=True)
class Spared:
    """Findings that do not count, as tallies like that of the digest; no finding is in both."""

    waived: Tally = field(default_factory=Tally)
    """Somebody has taken responsibility for them (see `waivers`)."""
    fresh: Tally = field(default_factory=Tally)
    """Published too lately, on a digest that was allowed before (see `grace`)."""


@dataclass(frozen=True, slots=True)
class Count:
    """Findings of a level against the limit of it."""

    level: Level
    found: int
    limit: int
    waived: int = 0
    fresh: int = 0

    @property
    def exceeds(self) -> bool:
        return self.found > self.limit


@dataclass(frozen=True, slots=True)
class Reason:
    rule: Rule
    unscanned: Unscanned | None = None
    """Of `unscanned`: why."""
    counts: tuple[Count, ...] = ()
    """Of `vulnerable`: Critical and High, one of which exceeds its limit at the least."""
    quarantine: Quarantine | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    """All that stands against it, in the order of the rules, whether they are enforced or not."""

    @property
    def allowed(self) -> bool:
        """A GET of the manifest is answered with it."""
        return self.outcome != "refused"

    @property
    def rule(self) -> Rule | None:
        """The first that stands against it."""
        return self.reasons[0].rule if self.reasons else None

    def permitted(self) -> "Verdict":
        """As it is for whoever has the right `pull-restricted`."""
        return replace(self, outcome="permitted") if self.reasons else self


ALLOWED = Verdict("allowed")
EXEMPT = Verdict("exempt")
NOTHING = Spared()


def may_pull(facts: Facts, rules: Rules, *, permitted: bool = False, spared: Spared = NOTHING) -> Verdict:
    """`permitted`: the caller has the right `pull-restricted`.

    What is spared only takes findings away, so whoever is allowed without need not look for any.
    """
    reasons: list[Reason] = []
    if facts.quarantine is not None:
        reasons.append(Reason("quarantined", quarantine=facts.quarantine))
    if facts.kind == "image" and rules.pull.mode != "off":
        reasons += _of_image(facts, rules, spared)
    if not reasons:
        return EXEMPT if facts.kind == "artifact" else ALLOWED
    judged = Verdict(_outcome(reasons, rules), tuple(reasons))
    return judged.permitted() if permitted else judged


def together(own: Verdict, children: Collection[Verdict]) -> Verdict:
    """How an index is shown: as `partly` where it is served itself and some of its images would be refused.

    Where all of them are, nobody can run it, so it is shown as refused with the reasons of the first.
    """
    refused = [each for each in children if not each.allowed]
    warned = [each for each in children if each.outcome == "warned"]
    if not own.allowed or not (refused or warned):
        return own
    if not refused:
        return warned[0]
    return Verdict("refused" if len(refused) == len(children) else "partly", refused[0].reasons)


def counts(tally: Tally, rules: Rules, spared: Spared = NOTHING) -> tuple[Count, Count]:
    """Critical and High findings that count, against their limits."""
    alone = rules.pull.exclude_unfixed
    left, waived, fresh = (_left(each, rules.scan, alone) for each in (tally, spared.waived, spared.fresh))
    limits = ((Level.CRITICAL, rules.pull.critical), (Level.HIGH, rules.pull.high))
    critical, high = (
        Count(level, left[place] - waived[place] - fresh[place], limit, waived[place], fresh[place])
        for place, (level, limit) in enumerate(limits)
    )
    return critical, high


@lru_cache(maxsize=REMEMBERED)
def _left(tally: Tally, policy: ScanPolicy, fixed_alone: bool) -> tuple[int, int]:
    levels = tally.under(policy, fixed_alone=fixed_alone).levels
    return levels[Level.CRITICAL], levels[Level.HIGH]


def unscanned(facts: Facts) -> Unscanned:
    """Why there is no good result."""
    if facts.scan_state == "queued" and facts.scan_code == WAITS_FOR_ADVISORIES:
        return "waiting"
    return _UNSCANNED.get(facts.scan_state, "never")


_UNSCANNED: dict[str, Unscanned] = {"queued": "queued", "running": "running", "failed": "failed"}


def _of_image(facts: Facts, rules: Rules, spared: Spared) -> list[Reason]:
    if facts.tally is None:
        return [Reason("unscanned", unscanned=unscanned(facts))] if rules.pull.restrict_unscanned else []
    if not rules.pull.restrict_vulnerable:
        return []
    found = counts(facts.tally, rules, spared)
    return [Reason("vulnerable", counts=found)] if any(count.exceeds for count in found) else []


def _outcome(reasons: list[Reason], rules: Rules) -> Outcome:
    if rules.pull.mode == "enforce" or any(reason.rule == "quarantined" for reason in reasons):
        return "refused"
    return "warned"
