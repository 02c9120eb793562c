"""What people read whose pull is refused, in the clients they have; and pulls while rules change under them."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from berth.words.policies import Level
from tests.client import Image
from tests.documents import Document
from tests.journeys.conftest import prepared
from tests.journeys.pulling import ALL, CLIENTS, Puller
from tests.journeys.shop import READER, Ruled, Shop, opened
from tests.journeys.tools import ToolFailed
from tests.long import long
from tests.restriction.found import Flaw, goes, scanned
from tests.serving import PASSWORD, served, wait_for

FLAWS = (Flaw("CVE-2026-7", fixed="2.1"), Flaw("CVE-2026-8", Level.HIGH))


@dataclass(frozen=True)
class Multi:
    """An image for two platforms: the one is vulnerable, the other may be pulled, and something speaks of both."""

    image: Ruled
    good: Document
    bad: Document
    note: Document


@pytest.fixture(scope="module")
def multi(shop: Shop) -> Multi:
    image = shop.image("multi")
    good, bad = image.put_digest("arm64"), image.put_digest("amd64")
    index = image.put_index("v2", {"arm64": good, "amd64": bad})
    assert image.owned.put("v1", good).is_success
    scanned(shop.site, good.digest)
    scanned(shop.site, bad.digest, FLAWS)
    image.choose()
    return Multi(image, good, bad, image.owned.push_artifact(index))


@pytest.mark.parametrize("program", CLIENTS)
def test_whoever_is_refused_reads_why_and_what_helps(multi: Multi, puller: Callable[..., Puller], program: str) -> None:
    client, path = puller(program), multi.image.path
    with pytest.raises(ToolFailed) as failed:
        client.pull(f"{path}:v2", "amd64")
    said = str(failed.value)
    for part in (
        f"{path}@{multi.bad.digest} (listed by v2) may not be pulled",
        "1 critical vulnerability where none is allowed",
        "CVE-2026-7 in ",
        "fixed in 2.1",
        f"Report: {multi.image.shop.server.url}/console/images/{path}/-/tags/{multi.bad.digest}/vulnerabilities",
        "Newest tag that may be pulled: v1",
    ):
        assert part in said
    client.pull(f"{path}:v2", "arm64")


def test_what_speaks_of_an_image_that_may_not_be_pulled_is_pulled(multi: Multi, puller: Callable[..., Puller]) -> None:
    puller("skopeo").pull(f"{multi.image.path}@{multi.note.digest}")


@pytest.mark.parametrize("program", ALL)
def test_a_pull_waits_for_the_scan_and_is_answered_by_what_it_finds(
    shop: Shop, puller: Callable[..., Puller], program: str
) -> None:
    client = puller(program)
    for name, flaws in (("clean", ()), ("flawed", FLAWS)):
        image = shop.image(f"awaited-{name}-{program}")
        pushed = image.put_digest()
        index = image.put_index("v1", {"amd64": pushed})
        image.choose(wait_seconds=60)
        goes(shop.site, pushed.digest, "running")
        with ThreadPoolExecutor(1) as pool:
            pull = pool.submit(client.pull, f"{image.path}:v1")
            wait_for(partial(_is_served, image, "v1", index.digest))
            assert not pull.done()
            scanned(shop.site, pushed.digest, flaws)
            said = pull.exception()
        assert ("CVE-2026-7" in str(said)) if flaws else (said is None), said


def _is_served(image: Ruled, *names: str) -> bool:
    """Some clients ask for a tag, and others for the digest that it has. What the index lists is asked for next."""
    asked = [f"/v2/{image.path}/manifests/{name}" for name in names]
    return any('"GET"' in line and any(map(line.__contains__, asked)) for line in image.shop.server.log.splitlines())


@dataclass
class Pulling:
    """Somebody who pulls again and again, and writes down from when to when with which answer."""

    image: Image
    seen: list[tuple[float, float, int]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> None:
        while not self.over.is_set():
            began = time.monotonic()
            answer = self.image.get("single")
            self.seen.append((began, time.monotonic(), answer.status_code))


def test_what_changes_while_pulls_go_on_counts_for_every_pull_that_begins_after_it(shop: Shop) -> None:
    image = shop.image("race")
    _race(image, [image.as_(READER)])


@long
def test_what_changes_at_one_replica_counts_at_the_next_pull_from_another(
    sqlite_template: Path, tmp_path: Path, postgresql_url: str
) -> None:
    folder = prepared(sqlite_template, tmp_path)
    processes = ("--workers", "2")
    with (
        served(folder, postgresql_url, words=processes) as one,
        served(folder, postgresql_url, words=processes) as other,
        opened(one) as shop,
    ):
        image = shop.image("race")
        _race(image, [image.as_(READER), other.client(READER, PASSWORD).image(image.path)])


def _race(image: Ruled, readers: list[Image]) -> None:
    """Policy, scan, lock and quarantine change; pulls that overlap a change may be on either side of it."""
    shop, bad = image.shop, image.put_digest()
    where = f"{image.at}/-/digests/{bad.digest}"
    assert image.owned.put("single", bad).is_success
    scanned(shop.site, bad.digest, FLAWS)
    image.choose()
    changes: list[tuple[Callable[[], object], int]] = [
        (lambda: image.choose(mode="off"), 200),
        (lambda: image.choose(mode="enforce"), 403),
        (lambda: shop.sent("PUT", f"{image.at}/-/lock", {"reason": "in production"}), 403),
        (lambda: scanned(shop.site, bad.digest), 200),
        (lambda: image.quarantine(bad, "stolen key"), 403),
        (lambda: shop.sent("DELETE", f"{image.at}/-/lock"), 403),
        (lambda: shop.sent("DELETE", f"{where}/quarantine"), 200),
        (lambda: scanned(shop.site, bad.digest, FLAWS), 403),
    ]
    pulling = [Pulling(reader) for reader in readers for _ in range(3)]
    threads = [threading.Thread(target=each) for each in pulling]
    times: list[tuple[float, float, int]] = []
    for thread in threads:
        thread.start()
    try:
        for act, expected in changes:
            began = time.monotonic()
            act()
            times.append((began, time.monotonic(), expected))
            assert [reader.get("single").status_code for reader in readers] == [expected] * len(readers)
    finally:
        for each in pulling:
            each.over.set()
        for thread in threads:
            thread.join()
    judged = 0
    for (_, since, expected), until in zip(times, [*(each[0] for each in times[1:]), time.monotonic()], strict=True):
        inside = [status for each in pulling for began, ended, status in each.seen if since < began and ended < until]
        assert set(inside) <= {expected}
        judged += len(inside)
    assert judged
    assert {status for each in pulling for _, _, status in each.seen} <= {200, 403}
