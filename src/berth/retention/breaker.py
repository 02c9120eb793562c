"""The circuit breaker: a run that would delete more than is ordinary waits for a person to approve it."""

from collections.abc import Sequence

from berth.retention.plan import Verdict
from berth.words.policies import DeletionPolicy

WHOLE = 100


def trips(plan: Sequence[Verdict], policy: DeletionPolicy) -> str:
    """Why a run with this plan has to wait; nothing when it need not."""
    going = [verdict for verdict in plan if verdict.deleted]
    if policy.breaker_count and len(going) > policy.breaker_count:
        return f"{len(going)} digests would be deleted, and {policy.breaker_count} may be without an approval"
    if policy.breaker_share and len(going) * WHOLE > len(plan) * policy.breaker_share:
        share = len(going) * WHOLE / len(plan)
        return f"{share:.1f} % of the digests would be deleted, and {policy.breaker_share} % may be without an approval"
    names = {name for verdict in plan for name in verdict.content.tags}
    left = {name for verdict in plan if not verdict.deleted for name in verdict.content.tags}
    if policy.breaker_last_tag and names and not left:
        return "the last tag of the image would be deleted, which needs an approval"
    return ""
