"""What an exclusion policy leaves out (SPEC 4.1): the one rule that lists, counts, exports and searches go by."""

from enum import StrEnum

from berth.scan.inventory import Kind
from berth.words.policies import Level, ScanPolicy

LEVELS = tuple(Level)
"""The least first."""
RANKS = {level: rank for rank, level in enumerate(LEVELS)}


class Reason(StrEnum):
    """What of the policy hides something. Of several that do, the first is told."""

    LANGUAGE_PACKAGE = "language-package"
    UNFIXED = "unfixed"
    LEVEL = "level"
    SECRET = "secret"  # noqa: S105  a word, no password


def hides(policy: ScanPolicy, kind: Kind, level: Level, *, fixed: bool) -> Reason | None:
    """Why such a finding is left out; None: it is shown. `fixed`: there is a version that mends it."""
    if not policy.exclusion:
        return None
    if policy.exclude_language_packages and kind == "language":
        return Reason.LANGUAGE_PACKAGE
    if policy.exclude_unfixed and not fixed:
        return Reason.UNFIXED
    if policy.exclude_level is not None and RANKS[level] <= RANKS[policy.exclude_level]:
        return Reason.LEVEL
    return None


def hides_secrets(policy: ScanPolicy) -> bool:
    """Levels and fixes say nothing of secrets: they have a switch of their own."""
    return policy.exclusion and policy.exclude_secrets
