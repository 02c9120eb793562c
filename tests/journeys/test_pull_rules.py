"""Each rule against the pulls of real clients: what may not be pulled is refused by tag and by digest, in its words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from berth.words import time
from berth.words.policies import Level
from tests.documents import Document
from tests.journeys.pulling import ALL, Puller
from tests.journeys.shop import SIGNER, Ruled, Shop
from tests.journeys.tools import ToolFailed
from tests.restriction.found import Flaw, goes, scanned

BAD = Flaw("CVE-2026-7", fixed="2.1")


@dataclass(frozen=True)
class Case:
    arrange: Callable[[Ruled, Document], None]
    """With an image that nobody has scanned yet."""
    refused: str = ""
    """What is said; empty: it may be pulled."""


def _unscanned(image: Ruled, _: Document) -> None:
    image.choose()


def _failed(image: Ruled, pushed: Document) -> None:
    image.choose()
    goes(image.shop.site, pushed.digest, "failed", "BAD_ARCHIVE")


def _failed_later(image: Ruled, pushed: Document) -> None:
    image.choose()
    scanned(image.shop.site, pushed.digest)
    goes(image.shop.site, pushed.digest, "failed", "BAD_ARCHIVE")


def _found(*flaws: Flaw, scan: dict[str, object] | None = None, **pull: object) -> Callable[[Ruled, Document], None]:
    def arrange(image: Ruled, pushed: Document) -> None:
        image.choose(scan, **pull)
        scanned(image.shop.site, pushed.digest, flaws)

    return arrange


def _quarantined(image: Ruled, pushed: Document) -> None:
    image.choose(mode="off")
    scanned(image.shop.site, pushed.digest)
    image.quarantine(pushed, "it holds a stolen key")


def _waived(image: Ruled, pushed: Document) -> None:
    _found(BAD)(image, pushed)
    ends = time.text(image.shop.site.now() + timedelta(days=1))
    waiver = {"place": image.path, "vulnerability": BAD.name, "reason": "not reached", "expires_at": ends}
    image.shop.sent("POST", "/waivers", waiver)


def _within_the_grace(image: Ruled, pushed: Document) -> None:
    image.choose(grace_days=7)
    site = image.shop.site
    scanned(site, pushed.digest)
    scanned(site, pushed.digest, [Flaw("CVE-2026-9", published=site.now())])


def _of(level: Level, *names: str, fixed: str = "2.1") -> list[Flaw]:
    return [Flaw(name, level, fixed=fixed) for name in names]


CASES = {
    "unscanned": Case(_unscanned, "it has not been scanned"),
    "failed": Case(_failed, "it has no good scan: the last one failed"),
    "failed after a good scan": Case(_failed_later),
    "nothing found": Case(_found()),
    "critical at the value": Case(_found(BAD, critical=1)),
    "critical above the value": Case(
        _found(*_of(Level.CRITICAL, "CVE-2026-1", "CVE-2026-2"), critical=1),
        "it has 2 critical vulnerabilities where 1 is allowed",
    ),
    "high above the value": Case(
        _found(*_of(Level.HIGH, "CVE-2026-1", "CVE-2026-2", "CVE-2026-3"), high=2),
        "it has 3 high vulnerabilities where 2 are allowed",
    ),
    "medium": Case(_found(*_of(Level.MEDIUM, "CVE-2026-1"))),
    "without a fix": Case(_found(Flaw()), "there is no fix yet: waive what does not apply, or wait for one"),
    "without a fix, excluded": Case(_found(Flaw(), exclude_unfixed=True)),
    "with a fix, others excluded": Case(
        _found(BAD, Flaw(), exclude_unfixed=True), "it has 1 critical vulnerability where none is allowed"
    ),
    "by the exclusion": Case(
        _found(Flaw(kind="language"), scan={"exclusion": True, "exclude_language_packages": True})
    ),
    "beside the exclusion": Case(
        _found(BAD, Flaw(kind="language"), scan={"exclusion": True, "exclude_language_packages": True}),
        "it has 1 critical vulnerability where none is allowed",
    ),
    "quarantine": Case(_quarantined, "it holds a stolen key"),
    "mode warn": Case(_found(BAD, mode="warn")),
    "mode off": Case(_found(BAD, mode="off")),
    "waived": Case(_waived),
    "within the grace": Case(_within_the_grace),
}


@pytest.mark.parametrize("program", ALL)
@pytest.mark.parametrize("name", CASES)
def test_a_rule_is_for_every_client(shop: Shop, puller: Callable[..., Puller], name: str, program: str) -> None:
    case, client = CASES[name], puller(program)
    image = shop.image(f"{'-'.join(name.replace(',', '').split())}-{program}")
    pushed = image.put_digest()
    image.put_index("v1", {"amd64": pushed})
    assert image.owned.put("single", pushed).is_success
    case.arrange(image, pushed)
    if not case.refused:
        client.pull(f"{image.path}:v1")
        return
    for tag in ("single", "v1"):  # by the tag, and by the digest that an index lists
        with pytest.raises(ToolFailed) as failed:
            client.pull(f"{image.path}:{tag}")
        assert case.refused in str(failed.value)
        assert "may not be pulled" in str(failed.value)
    puller(program, SIGNER).pull(f"{image.path}:v1")
