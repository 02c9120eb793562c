"""A verdict in English sentences, for clients, the API and the command line. The console has words of its own."""

from collections.abc import Sequence

from berth.restriction.sparing import Finding
from berth.restriction.verdict import Count, Reason, Verdict

UNSCANNED = {
    "never": "it has not been scanned",
    "queued": "it has not been scanned yet: its scan is in the queue",
    "running": "it has not been scanned yet: its scan is running",
    "failed": "it has no good scan: the last one failed",
    "waiting": "it has no good scan: its scan waits for vulnerability advisories",
}
FIXES = {
    "never": "have it scanned",
    "queued": "wait for the scan and try again",
    "running": "wait for the scan and try again",
    "failed": "see why the scan failed, and have it scanned again",
    "waiting": "have vulnerability advisories imported",
}
LONGEST = 80
"""Characters of a name that comes from an image or an advisory."""


def reason(said: Reason) -> str:
    """Why, without a beginning and an end of the sentence."""
    if said.quarantine is not None:
        return (
            f"it is in quarantine since {said.quarantine.at:%Y-%m-%d %H:%M} UTC: {plain(said.quarantine.reason, 255)}"
        )
    if said.unscanned is not None:
        return UNSCANNED[said.unscanned]
    return "it has " + " and ".join(count(each) for each in said.counts if each.exceeds)


def count(said: Count) -> str:
    """`3 critical vulnerabilities where 1 is allowed`."""
    level = said.level.value
    many = f"{said.found:,} {level} {'vulnerability' if said.found == 1 else 'vulnerabilities'}"
    allowed = "none is allowed" if not said.limit else f"{said.limit:,} {'is' if said.limit == 1 else 'are'} allowed"
    aside = [
        f"{number:,} {what}" for number, what in ((said.waived, "waived"), (said.fresh, "within the grace")) if number
    ]
    return f"{many} where {allowed}" + (f" ({', '.join(aside)})" if aside else "")


def reasons(found: Verdict) -> str:
    """All of them in one sentence without its end; empty: none."""
    return "; ".join(reason(each) for each in found.reasons)


def finding(found: Finding) -> str:
    """`CVE-2023-45853 in zlib 1:1.2.13 (critical, no fix yet)`."""
    fix = f"fixed in {plain(found.fixed_version)}" if found.fixed_version else "no fix yet"
    return f"{plain(found.vulnerability)} in {plain(found.package)} {plain(found.version)} ({found.level.value}, {fix})"


def fix(found: Verdict, worst: Sequence[Finding]) -> str:
    """What would let it be pulled, as a sentence without its end."""
    if not found.reasons:
        return ""
    first = found.reasons[0]
    if first.quarantine is not None:
        return f"ask {plain(first.quarantine.by)}, who put it there"
    if first.unscanned is not None:
        return FIXES[first.unscanned]
    mended = dict.fromkeys(
        f"{plain(each.package)} to {plain(each.fixed_version)}" for each in worst if each.fixed_version
    )
    return (
        f"update {', '.join(mended)}" if mended else "there is no fix yet: waive what does not apply, or wait for one"
    )


def plain(text: str, longest: int = LONGEST) -> str:
    """Fit for a terminal and a header: in one line, and no longer than that."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
