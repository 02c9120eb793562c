"""Updates from an export that a real server serves: what is fetched, what comes into force, and what stays."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from berth.audit.events import Actor
from berth.db.tables import audit_event, component, operation
from berth.jobs import listed, run_jobs, run_next
from berth.registry import operations
from berth.registry.operations import Operation
from berth.scan import importing, library, updating, working
from berth.scan.advisories.kept import BuildBusy
from berth.settings import Settings
from berth.site import Site
from tests import make, sites
from tests.make import Target
from tests.scan import images
from tests.scan.advisories.osv import affected, record
from tests.scan.fetching.export import Export, Served, Waited, answer, served
from tests.scan.test_scanning import check, import_, levels, stands
from tests.serving import Server
from tests.sites import Clock

ALICE = Actor("alice", "127.0.0.1")
JOBS = listed(updating.update_, updating.when_due)
OSV = images.DATA / "osv"
ALL = ("introduced", "0")

JSON = dict[str, Any]  # Any: a JSON object


def flaw(name: str, ecosystem: str = "npm", package: str = "left-pad", at: str = "2026-01-01T00:00:00Z") -> JSON:
    return record(name, affected(ecosystem, package, ALL), modified=at)


@pytest.fixture
def export(tmp_path: Path) -> Export:
    made = Export(tmp_path / "export")
    made.put("npm", flaw("GHSA-1"), flaw("GHSA-2", package="right-pad"), flaw("GHSA-3", package="pad"))
    made.put("Go", flaw("GO-1", "Go", "example.org/a"))
    made.publish()
    return made


@pytest.fixture
def server(export: Export) -> Iterator[Served]:
    with served(export.folder) as started:
        yield started


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(database_url: str, tmp_path: Path, clock: Clock, server: Served) -> Iterator[Site]:
    with opened(database_url, tmp_path, clock, server.url) as started:
        yield started


@pytest.fixture
def one_site(sqlite_url: str, tmp_path: Path, clock: Clock, server: Served) -> Iterator[Site]:
    """For what has nothing to do with the kind of the database."""
    with opened(sqlite_url, tmp_path, clock, server.url) as started:
        yield started


def opened(
    database_url: str, folder: Path, clock: Clock, url: str, ecosystems: str = "npm, Go"
) -> Any:  # Any: a context
    return sites.opened(database_url, clock, data=folder / "data", advisories_url=url, advisories_ecosystems=ecosystems)


def update(site: Site, **pace: float) -> Operation:
    """Asked for and run a second after what was before, with no pause between tries."""
    assert isinstance(site.now, Clock)
    site.now.forward(seconds=1)
    with site.db.write() as tx:
        asked = updating.ask(tx, ALICE, at=site.now())
    updating.run(site, asked, Waited().pace(**pace))
    run_jobs(site, JOBS)  # which finds that it has ended
    with site.db.read() as tx:
        return operations.find(tx, asked)


def known(site: Site) -> set[str]:
    with library.opened(site) as advisories:
        return set() if advisories is None else set(advisories.ids())


def states(found: Operation) -> dict[str, str]:
    return {each["item"]: each["reason"] or each["fetched"] for each in found.items}


def test_the_first_update_takes_the_whole_of_each_ecosystem(site: Site, server: Served) -> None:
    found = update(site)
    assert (found.state, found.reason, found.finished, found.total) == ("done", "", 2, 2)
    assert server.asked == ["npm/all.zip", "Go/all.zip"]
    assert known(site) == {"GHSA-1", "GHSA-2", "GHSA-3", "GO-1"}


def test_the_next_takes_only_what_has_changed(site: Site, server: Served, export: Export) -> None:
    update(site)
    export.put(
        "npm", flaw("GHSA-2", package="other", at="2026-01-03T00:00:00Z"), flaw("GHSA-4", at="2026-01-04T00:00:00Z")
    )
    export.publish()
    server.forget()
    found = update(site)
    assert states(found) == {"npm": "changes", "Go": "nothing"}
    assert server.asked == ["npm/modified_id.csv", "npm/GHSA-4.json", "npm/GHSA-2.json", "Go/modified_id.csv"]
    assert known(site) == {"GHSA-1", "GHSA-2", "GHSA-3", "GHSA-4", "GO-1"}


def test_where_nothing_has_changed_nothing_is_built(site: Site, server: Served) -> None:
    update(site)
    with site.db.read() as tx:
        before = library.current(tx)
    update(site)
    server.forget()
    assert states(update(site)) == {"npm": "nothing", "Go": "nothing"}
    assert server.asked == ["npm/modified_id.csv", "Go/modified_id.csv"]
    assert all("if-none-match" in each for each in server.sent)
    with site.db.read() as tx:
        assert library.current(tx) == before


def test_many_changes_are_taken_as_a_whole(one_site: Site, server: Served, export: Export) -> None:
    update(one_site)
    export.put("npm", *(flaw(f"MAL-{number}", at="2026-01-03T00:00:00Z") for number in range(2001)))
    export.publish()
    server.forget()
    assert states(update(one_site))["npm"] == "whole"
    assert server.asked == ["npm/modified_id.csv", "npm/all.zip", "Go/modified_id.csv"]
    assert len(known(one_site)) == 2005


def test_what_is_gone_stays_until_the_weekly_whole(site: Site, export: Export, clock: Clock) -> None:
    update(site)
    export.remove("npm", "GHSA-2")
    export.publish()
    clock.forward(days=6)
    update(site)
    assert "GHSA-2" in known(site)
    clock.forward(days=1)
    assert states(update(site)) == {"npm": "whole", "Go": "nothing"}
    assert known(site) == {"GHSA-1", "GHSA-3", "GO-1"}


def test_a_withdrawn_advisory_closes_its_finding_in_what_was_scanned(
    database_url: str, tmp_path: Path, clock: Clock
) -> None:
    export = Export(tmp_path / "debian")
    export.put("Debian", *(json.loads(each.read_text()) for each in sorted((OSV / "Debian").glob("*.json"))))
    export.publish()
    with served(export.folder) as server, opened(database_url, tmp_path, clock, server.url, "Debian") as site:
        web = make.image(site, "main/apps/web")
        pushed = images.push(web, images.minbase(), tag="v1")
        check(web, pushed)
        working.run_all(site)
        assert stands(web, pushed).waits_for_advisories
        assert update(site).state == "done"
        working.run_all(site)
        assert levels(stands(web, pushed))["critical"] == 1
        worst = export.records["Debian"]["DEBIAN-CVE-2023-45853"]
        export.put("Debian", {**worst, "modified": "2026-12-01T00:00:00Z", "withdrawn": "2026-12-01T00:00:00Z"})
        export.publish()
        assert states(update(site)) == {"Debian": "changes"}
        assert "critical" not in levels(stands(web, pushed))


def cut(body: bytes) -> bytes:
    return body[: len(body) // 2]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("500", "npm/all.zip is answered with 500"),
        ("404", "there is no npm/all.zip"),
        ("truncated", "it is no zip archive"),
        ("damaged", "cannot be read"),
        ("empty", "has no record that can be read"),
        ("huge", "more than 2147483648"),
        ("loop", "sent on more than 5 times"),
        ("elsewhere", "is sent to https://evil.example, which is not followed"),
        ("hangs", "npm/all.zip broke off"),
        ("text", "it is no zip archive"),
        ("half", "more than half are gone"),
    ],
)
def test_an_ecosystem_that_fails_leaves_the_others_and_its_own_last_rows(
    one_site: Site, server: Served, export: Export, clock: Clock, fault: str, reason: str
) -> None:
    update(one_site)
    whole = (export.folder / "npm" / "all.zip").read_bytes()
    export.put("Go", flaw("GO-2", "Go", "example.org/b", "2026-01-03T00:00:00Z"))
    export.publish()
    middle = whole.index(b"GHSA-1.json") + 14
    one = Export(export.folder.parent / "one")
    one.put("npm", flaw("GHSA-9"))
    one.publish()
    empty = Export(export.folder.parent / "empty")
    empty.records["npm"] = {}
    empty.publish()
    server.instead["npm/all.zip"] = {
        "500": answer(500),
        "404": answer(404),
        "truncated": answer(200, cut(whole)),
        "damaged": answer(200, whole[:middle] + bytes(20) + whole[middle + 20 :]),
        "empty": answer(200, (empty.folder / "npm" / "all.zip").read_bytes()),
        "huge": answer(200, Content_Length=str(1 << 40)),
        "loop": answer(302, Location="/npm/all.zip"),
        "elsewhere": answer(302, Location="https://evil.example/all.zip"),
        "hangs": server.hang,
        "text": answer(200, b"<html>sign in to this network first</html>"),
        "half": answer(200, (one.folder / "npm" / "all.zip").read_bytes()),
    }[fault]
    clock.forward(days=8)
    found = update(one_site, silent_seconds=0.2)
    assert found.state == "failed"
    assert reason in found.reason
    assert found.reason.startswith("npm: ")
    assert [each["state"] for each in found.items] == ["failed", "done"]
    assert known(one_site) == {"GHSA-1", "GHSA-2", "GHSA-3", "GO-1", "GO-2"}
    with one_site.db.read() as tx:
        assert importing.last_failure(tx) == found.reason
    del server.instead["npm/all.zip"]
    assert update(one_site).state == "done"
    with one_site.db.read() as tx:
        assert importing.last_failure(tx) == ""


def test_a_list_that_cannot_be_trusted_makes_it_take_the_whole(site: Site, server: Served, export: Export) -> None:
    update(site)
    export.put("npm", flaw("GHSA-4", at="2026-01-04T00:00:00Z"))
    export.publish()
    server.instead["npm/modified_id.csv"] = answer(200, b"2026-01-04T00:00:00Z,../../secrets\n")
    assert states(update(site))["npm"] == "whole"
    assert "GHSA-4" in known(site)


def test_a_change_that_fails_to_come_fails_its_ecosystem_and_is_made_up_for(
    site: Site, server: Served, export: Export
) -> None:
    update(site)
    changes = [flaw("GHSA-4", at="2026-01-04T00:00:00Z"), flaw("GHSA-5", at="2026-01-05T00:00:00Z")]
    export.put("npm", *changes)
    export.publish()
    server.instead["npm/GHSA-4.json"] = answer(500)
    assert update(site).state == "failed"
    assert not {"GHSA-4", "GHSA-5"} & known(site)
    del server.instead["npm/GHSA-4.json"]
    assert states(update(site))["npm"] == "changes"
    assert {"GHSA-4", "GHSA-5"} <= known(site)


def test_a_change_that_is_gone_again_is_passed_by(site: Site, server: Served, export: Export) -> None:
    update(site)
    export.put("npm", flaw("GHSA-4", at="2026-01-04T00:00:00Z"), flaw("GHSA-5", at="2026-01-05T00:00:00Z"))
    export.publish()
    server.instead["npm/GHSA-4.json"] = answer(404)
    assert update(site).state == "done"
    assert "GHSA-5" in known(site)


def test_without_a_network_one_failed_operation_says_so_and_nothing_else(
    database_url: str, tmp_path: Path, clock: Clock
) -> None:
    with opened(database_url, tmp_path, clock, "http://127.0.0.1:1") as site:
        found = update(site)
        assert found.state == "failed"
        assert found.reason.startswith("npm, Go: http://127.0.0.1:1 cannot be reached")
        assert known(site) == set()
        with site.db.read() as tx:
            assert importing.last_failure(tx) == found.reason
            assert library.current(tx) is None
        assert list((tmp_path / "data" / "advisories").glob("update-*")) == []


def test_a_scan_goes_on_with_what_is_there_when_updates_fail(site: Site, server: Served, tmp_path: Path) -> None:
    import_(site, tmp_path, "Debian")
    server.instead = {f"{each}/all.zip": answer(500) for each in ("npm", "Go")}
    assert update(site).state == "failed"
    web: Target = make.image(site, "main/apps/web")
    pushed = images.push(web, images.minbase())
    check(web, pushed)
    working.run_all(site)
    assert stands(web, pushed).state == "done"


def test_two_that_are_asked_for_at_once_run_one_after_the_other(site: Site, server: Served, clock: Clock) -> None:
    held, entered = threading.Event(), threading.Event()

    def hold(handler: Any) -> None:  # Any: the handler of the server
        entered.set()
        held.wait()
        answer(404)(handler)

    server.instead["Go/all.zip"] = hold
    with site.db.write() as tx:
        asked = [updating.ask(tx, ALICE, at=site.now()) for _ in range(2)]
    first = threading.Thread(target=run_next, args=(site, JOBS))
    first.start()
    assert entered.wait(30)
    second = run_next(site, JOBS)
    assert second is not None
    assert isinstance(second.error, BuildBusy)
    held.set()
    first.join()
    del server.instead["Go/all.zip"]
    clock.forward(minutes=1)
    assert run_jobs(site, JOBS) == ["scan.update_advisories"]
    with site.db.read() as tx:
        found = [operations.find(tx, each) for each in asked]
    assert [states(each)["npm"] for each in found] == ["whole", "nothing"]
    assert [each.state for each in found] == ["failed", "done"]


def test_what_a_worker_left_that_was_killed_is_cleared_away(site: Site, tmp_path: Path) -> None:
    left = tmp_path / "data" / "advisories" / "update-left"
    left.mkdir(parents=True)
    (left / "all.zip").write_bytes(b"x")
    update(site)
    assert not left.exists()


def test_a_job_that_runs_again_after_its_end_does_nothing(site: Site, server: Served) -> None:
    found = update(site)
    server.forget()
    updating.run(site, found.id, Waited().pace())
    assert server.asked == []


def test_what_was_rolled_back_is_fetched_as_a_whole(site: Site, export: Export) -> None:
    update(site)
    export.put("npm", flaw("GHSA-4", at="2026-01-04T00:00:00Z"))
    export.publish()
    update(site)
    with site.db.write() as tx:
        importing.ask_back(tx, ALICE, at=site.now())
    run_jobs(site, listed(importing.roll_back))
    assert "GHSA-4" not in known(site)
    assert states(update(site)) == {"npm": "whole", "Go": "nothing"}
    assert "GHSA-4" in known(site)


def test_what_was_imported_by_hand_stays_and_does_not_pass_for_the_whole(site: Site, tmp_path: Path) -> None:
    import_(site, tmp_path, "npm", "Debian", only={"GHSA-vh95-rmgr-6w4m", "DEBIAN-CVE-2023-45853"})
    assert known(site) == {"GHSA-vh95-rmgr-6w4m", "DEBIAN-CVE-2023-45853"}
    assert states(update(site)) == {"npm": "whole", "Go": "whole"}
    assert known(site) == {"DEBIAN-CVE-2023-45853", "GHSA-1", "GHSA-2", "GHSA-3", "GO-1"}


def test_a_mirror_may_be_a_folder(database_url: str, tmp_path: Path, clock: Clock, export: Export) -> None:
    (export.folder / "Go").rename(export.folder / "Rocky%20Linux")
    with opened(database_url, tmp_path, clock, export.folder.as_uri(), "npm, Rocky Linux") as site:
        assert update(site).state == "done"
        export.put("npm", flaw("GHSA-4", at="2026-01-04T00:00:00Z"))
        export.publish()
        assert states(update(site)) == {"npm": "changes", "Rocky Linux": "nothing"}
        assert known(site) == {"GHSA-1", "GHSA-2", "GHSA-3", "GHSA-4", "GO-1"}


def test_fetched_are_the_common_ones_and_what_images_have(site: Site) -> None:
    asked_for = Settings(advisories_ecosystems=())
    with site.db.write() as tx:
        assert updating.subscribed(tx, asked_for) == updating.COMMON
        for ecosystem in ("Debian:12", "Pub", "Wolfi", "Amazon Linux:2", "CentOS:7"):
            tx.execute(insert(component).values(ecosystem=ecosystem, name="a", version="1", kind="os"))
        assert updating.subscribed(tx, asked_for) == (*updating.COMMON, "Pub")
        assert updating.subscribed(tx, Settings(advisories_ecosystems=("Wolfi",))) == ("Wolfi",)


def test_who_asked_is_in_the_audit(site: Site) -> None:
    update(site)
    with site.db.read() as tx:
        last = tx.execute(select(audit_event).where(audit_event.c.action == "advisories.update")).one()
    assert (last.actor, last.target) == ("alice", "advisories")


def begun(site: Site) -> list[datetime]:
    with site.db.read() as tx:
        query = select(operation.c.started_at).where(operation.c.kind == importing.UPDATE).order_by("started_at")
        return list(tx.scalars(query))


def recur(site: Site, clock: Clock, *, hours: int) -> None:
    """What the worker does, every ten minutes."""
    for _ in range(hours * 6):
        with site.db.write() as tx:
            updating.when_due.put(tx, at=site.now())
        run_jobs(site, JOBS)
        clock.forward(minutes=10)


def test_by_itself_it_comes_at_once_and_then_every_few_hours_with_a_spread(
    database_url: str, tmp_path: Path, clock: Clock, server: Served
) -> None:
    chosen = {"data": tmp_path / "data", "advisories_url": server.url, "advisories_ecosystems": "npm"}
    with sites.opened(database_url, clock, advisories_hours=6, **chosen) as site:
        start = clock.at
        recur(site, clock, hours=26)
        at = begun(site)
        assert at[0] == start
        assert 4 <= len(at) <= 5
        gaps = [(later - earlier).total_seconds() / 3600 for earlier, later in pairwise(at)]
        assert all(6 <= gap < 7 for gap in gaps)
        with site.db.read() as tx:
            assert set(tx.scalars(select(operation.c.started_by))) == {"system"}


def test_with_nought_hours_it_never_comes_by_itself(site: Site, clock: Clock, server: Served) -> None:
    recur(site, clock, hours=24)
    assert begun(site) == []
    assert server.asked == []


def test_no_server_of_a_test_fetches_by_itself(tmp_path: Path) -> None:
    assert Settings().advisories_hours == 0
    assert Server(tmp_path)._environment()["BERTH_ADVISORIES_HOURS"] == "0"  # noqa: SLF001  what it starts with
