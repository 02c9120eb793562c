"""`python -m bench.plans`: the CPU time of planning deletion policies, for 10,000 images of 100 digests each."""

import time
from datetime import UTC, datetime, timedelta

from berth.retention.plan import Content, plan_retention
from berth.words.policies import DeletionPolicy, DeletionRule

IMAGES, DIGESTS = 10_000, 100
NOW = datetime(2026, 6, 1, tzinfo=UTC)
RULE = DeletionRule(enabled=True, days=30)
POLICY = DeletionPolicy(
    enabled=True, untagged=RULE, old=RULE, expression="*-*", keep_newest=3, keep_newest_by="version"
)


def _tags(release: int) -> tuple[str, ...]:
    return (f"{release}.0-rc", f"{release}.0") if release % 2 else (f"{release}.0-rc",)


def image(number: int) -> list[Content]:
    """Ten releases for four platforms, each index and each child signed; every other one has a final name."""
    made: list[Content] = []
    for release in range(DIGESTS // 10):
        at = NOW - timedelta(days=10 * release)
        index = f"{number}-{release}"
        below = [f"{index}-{child}" for child in range(4)]
        for digest in (index, *below):
            tags = _tags(release) if digest == index else ()
            parents = () if digest == index else (index,)
            made.append(Content(len(made), digest, at, tags=tags, parents=parents))
            made.append(Content(len(made), f"{digest}-sig", at, subjects=(digest,)))
    return made


def main() -> None:
    spent, going = 0.0, 0
    for number in range(IMAGES):
        contents = image(number)
        began = time.process_time()
        verdicts = plan_retention(contents, POLICY, NOW)
        spent += time.process_time() - began
        going += sum(verdict.deleted for verdict in verdicts)
    print(f"{IMAGES:,} images of {DIGESTS} digests planned in {spent:.1f} s of CPU; {going:,} digests would go")


if __name__ == "__main__":
    main()
