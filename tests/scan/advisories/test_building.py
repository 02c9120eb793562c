"""Builds: whole or not at all, two of them kept, and what became of every record told."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from berth.scan.advisories import building, kept
from berth.scan.advisories.building import NothingLearnt
from berth.scan.advisories.kept import BuildBusy, NothingBefore
from berth.scan.advisories.layout import AdvisoriesUnreadable
from berth.scan.advisories.opened import Advisories
from tests.scan.advisories import osv
from tests.scan.advisories.osv import affected, record

ALL = ("introduced", "0")
ONE = record("GHSA-1", affected("npm", "a", ALL))
TWO = record("GHSA-2", affected("npm", "b", ALL))


def known(folder: Path) -> set[str]:
    with osv.opened(folder) as advisories:
        return set(advisories.ids())


def names(folder: Path) -> list[str]:
    return sorted(path.suffix or path.name for path in folder.iterdir())


def test_a_build_says_what_it_is_made_of(tmp_path: Path) -> None:
    built = building.build(tmp_path, osv.everything())
    assert (built.tally.read, built.tally.taken, built.tally.skipped, built.tally.reasons) == (398, 398, 0, [])
    with osv.opened(tmp_path) as advisories:
        assert advisories.build == built.build
        sources = {each.ecosystem: each for each in advisories.sources}
        assert sources["PyPI"].records == 120
        assert "CC BY 4.0" in sources["PyPI"].attribution
        assert "CC BY-SA 4.0" in sources["Ubuntu"].attribution
        assert sources["Debian"].last_modified is not None
        assert [each.packages for each in advisories.looked_up("Debian:12")] == [21]
        assert advisories.looked_up("Debian:13") == ()


def test_broken_records_are_counted_and_the_others_taken(tmp_path: Path) -> None:
    given = [*osv.pairs(ONE), ("npm", b'{"id": "GHSA-3", "affected": 5}'), ("npm", b"\xff{"), *osv.pairs(TWO)]
    given += osv.pairs(record("GHSA-4", affected("npm", "c", ALL), 5))  # type: ignore[arg-type]  # broken on purpose
    tally = building.build(tmp_path, iter(given)).tally
    assert (tally.read, tally.taken, tally.skipped) == (5, 3, 2)
    assert len(tally.reasons) == 3
    assert "GHSA-3" in tally.reasons[0]
    assert known(tmp_path) == {"GHSA-1", "GHSA-2", "GHSA-4"}


def test_reasons_of_a_feed_that_is_broken_all_over_are_told_up_to_a_limit(tmp_path: Path) -> None:
    given = [*osv.pairs(ONE), *(("npm", b"{%d" % n) for n in range(500))]
    tally = building.build(tmp_path, iter(given)).tally
    assert (tally.skipped, len(tally.reasons)) == (500, 100)


def test_a_feed_of_which_nothing_can_be_read_replaces_nothing(tmp_path: Path) -> None:
    building.build(tmp_path, osv.pairs(ONE))
    for given in ([], [("npm", b"<html>Sign in</html>")]):
        with pytest.raises(NothingLearnt):
            building.build(tmp_path, iter(given))
    with pytest.raises(NothingLearnt):
        building.change(tmp_path, iter([("test", b"<html>")]), whole=["test"])
    assert known(tmp_path) == {"GHSA-1"}


def test_a_build_that_is_interrupted_leaves_the_one_in_force(tmp_path: Path) -> None:
    building.build(tmp_path, osv.pairs(ONE))
    before = names(tmp_path)

    def interrupted() -> Iterator[tuple[str, bytes]]:
        yield from osv.pairs(TWO)
        raise KeyboardInterrupt

    for act in (building.build, building.change):
        with pytest.raises(KeyboardInterrupt):
            act(tmp_path, interrupted())
    assert known(tmp_path) == {"GHSA-1"}
    assert names(tmp_path) == before


def test_what_counts_the_progress_may_end_a_build(tmp_path: Path) -> None:
    building.build(tmp_path, osv.pairs(ONE))
    seen: list[int] = []

    def progress(read: int) -> None:
        seen.append(read)
        if read >= 2_000:
            raise TimeoutError

    many = osv.pairs(*(record(f"GHSA-{n}", affected("npm", "a", ALL)) for n in range(3_000)))
    with pytest.raises(TimeoutError):
        building.build(tmp_path, many, progress=progress)
    assert seen == [1_000, 2_000]
    assert known(tmp_path) == {"GHSA-1"}


KILLED = """
import os, sys
from pathlib import Path
from berth.scan.advisories import building
def records():
    yield "npm", b'{"id": "GHSA-9", "affected": []}'
    os._exit(9)
building.build(Path(sys.argv[1]), records())
"""


def test_a_build_whose_process_is_killed_leaves_the_one_in_force_and_the_next_clears_up(tmp_path: Path) -> None:
    building.build(tmp_path, osv.pairs(ONE))
    assert subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False).returncode == 9
    assert ".part" in names(tmp_path)
    assert known(tmp_path) == {"GHSA-1"}
    building.change(tmp_path, osv.pairs(TWO))
    assert known(tmp_path) == {"GHSA-1", "GHSA-2"}
    assert names(tmp_path) == [".sqlite", ".sqlite", "in-force", "lock"]


def test_while_one_build_is_made_another_is_refused(tmp_path: Path) -> None:
    def records() -> Iterator[tuple[str, bytes]]:
        with pytest.raises(BuildBusy):
            building.build(tmp_path, osv.pairs(TWO))
        yield from osv.pairs(ONE)

    building.build(tmp_path, records())
    assert known(tmp_path) == {"GHSA-1"}


def test_a_build_that_is_done_keeps_out_nobody_whatever_child_was_started_meanwhile(tmp_path: Path) -> None:
    inherited: list[int] = []

    def records() -> Iterator[tuple[str, bytes]]:
        """As a child has them before it runs its program, all files of its parent are open twice."""
        same = [each for each in Path("/proc/self/fd").iterdir() if each.resolve() == tmp_path / "lock"]
        inherited.extend(os.dup(int(each.name)) for each in same)
        yield from osv.pairs(ONE)

    building.build(tmp_path, records())
    try:
        assert inherited
        building.change(tmp_path, osv.pairs(TWO))
    finally:
        for each in inherited:
            os.close(each)
    assert known(tmp_path) == {"GHSA-1", "GHSA-2"}


def test_two_builds_are_kept_and_one_can_be_gone_back_to(tmp_path: Path) -> None:
    with pytest.raises(NothingBefore):
        kept.roll_back(tmp_path)
    for number in range(4):
        building.build(tmp_path, osv.pairs(record(f"GHSA-{number}", affected("npm", "a", ALL))))
    assert len(list(tmp_path.glob("*.sqlite"))) == 2
    assert known(tmp_path) == {"GHSA-3"}
    assert kept.roll_back(tmp_path) == kept.in_force(tmp_path)
    assert known(tmp_path) == {"GHSA-2"}
    kept.roll_back(tmp_path)
    assert known(tmp_path) == {"GHSA-3"}


def test_a_build_after_a_roll_back_is_made_of_what_is_in_force_then(tmp_path: Path) -> None:
    building.build(tmp_path, osv.pairs(ONE))
    building.change(tmp_path, osv.pairs(TWO))
    kept.roll_back(tmp_path)
    building.change(tmp_path, osv.pairs(record("GHSA-3", affected("npm", "c", ALL))))
    assert known(tmp_path) == {"GHSA-1", "GHSA-3"}


def test_a_build_that_came_from_another_machine_can_be_put_in_force(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    building.build(here, osv.pairs(ONE))
    theirs = building.build(there, osv.pairs(TWO))
    path = kept.path(here, theirs.build)
    path.write_bytes(theirs.path.read_bytes())
    for _ in range(2):
        kept.use(here, path)
    assert known(here) == {"GHSA-2"}
    assert kept.before(here) is not None
    building.change(here, osv.pairs(record("GHSA-3", affected("npm", "c", ALL))))
    assert known(here) == {"GHSA-2", "GHSA-3"}
    assert kept.before(here) == path


def test_a_build_that_was_damaged_since_is_not_gone_back_to(tmp_path: Path) -> None:
    building.build(tmp_path, osv.everything())
    building.build(tmp_path, osv.pairs(ONE))
    before = kept.before(tmp_path)
    assert before is not None
    body = bytearray(before.read_bytes())
    body[4096 * 20 : 4096 * 60] = b"\xa5" * 4096 * 40
    before.write_bytes(body)
    with pytest.raises(AdvisoriesUnreadable):
        kept.roll_back(tmp_path)
    assert known(tmp_path) == {"GHSA-1"}


def test_an_open_build_stays_what_it_is_when_others_come_into_force(tmp_path: Path) -> None:
    with osv.opened(tmp_path, osv.pairs(ONE)) as advisories:
        for number in range(3):
            building.build(tmp_path, osv.pairs(record(f"GHSA-9{number}")))
        assert [each.record for each in advisories.about("npm", "a")] == ["GHSA-1"]


@pytest.mark.parametrize("content", [b"", b"not a database" * 1000])
def test_what_is_no_advisory_file_is_not_opened(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a ?#%.sqlite"
    path.write_bytes(content)
    with pytest.raises(AdvisoriesUnreadable):
        Advisories.open(path)
    with pytest.raises(AdvisoriesUnreadable):
        Advisories.open(tmp_path / "absent")


def test_a_change_takes_the_newer_of_two_and_leaves_the_rest(tmp_path: Path) -> None:
    building.build(tmp_path, osv.pairs(ONE, TWO))
    newer = record("GHSA-1", affected("npm", "renamed", ALL)) | {"modified": "2026-02-01T00:00:00Z"}
    older = record("GHSA-2", affected("npm", "renamed", ALL)) | {"modified": "2025-02-01T00:00:00Z"}
    tally = building.change(tmp_path, osv.pairs(newer, older, newer)).tally
    assert (tally.read, tally.taken, tally.older, tally.unchanged) == (3, 1, 1, 1)
    with osv.opened(tmp_path) as advisories:
        assert [each.record for each in advisories.about("npm", "renamed")] == ["GHSA-1"]
        assert advisories.about("npm", "a") == []
        assert [each.record for each in advisories.about("npm", "b")] == ["GHSA-2"]


def test_a_change_without_a_time_is_taken_too(tmp_path: Path) -> None:
    timeless = {"modified": "0001-01-01T00:00:00Z"}
    building.build(tmp_path, osv.pairs(ONE | timeless))
    building.change(tmp_path, osv.pairs(record("GHSA-1", affected("npm", "renamed", ALL)) | timeless))
    with osv.opened(tmp_path) as advisories:
        assert [each.record for each in advisories.about("npm", "renamed")] == ["GHSA-1"]


def test_a_change_where_nothing_is_in_force_is_a_build(tmp_path: Path) -> None:
    building.change(tmp_path, osv.pairs(ONE), whole=["npm"])
    assert known(tmp_path) == {"GHSA-1"}


def test_changing_everything_to_what_it_is_changes_nothing(tmp_path: Path) -> None:
    building.build(tmp_path, osv.everything())
    tally = building.change(tmp_path, osv.everything()).tally
    assert (tally.read, tally.unchanged) == (398, 398)


def test_of_a_source_that_is_given_as_a_whole_what_is_gone_is_removed(tmp_path: Path) -> None:
    shared = record("GHSA-3", affected("npm", "c", ALL), affected("PyPI", "c", ALL))
    building.build(tmp_path, [*osv.pairs(ONE, TWO, shared, source="npm"), *osv.pairs(shared, source="PyPI")])
    built = building.change(tmp_path, osv.pairs(ONE, source="npm"), whole=["npm"])
    assert built.removed == 1
    assert known(tmp_path) == {"GHSA-1", "GHSA-3"}  # PyPI has the one that both had
    with osv.opened(tmp_path) as advisories:
        assert {each.ecosystem: each.records for each in advisories.sources} == {"npm": 1, "PyPI": 1}


def test_a_release_that_leaves_its_export_keeps_its_last_rows_until_it_comes_back(tmp_path: Path) -> None:
    both = record("DEBIAN-CVE-2020-1000", affected("Debian:11", "a", ALL), affected("Debian:12", "a", ALL))
    alone = record("DEBIAN-CVE-2020-1001", affected("Debian:11", "b", ALL))
    later = {"modified": "2026-03-01T00:00:00Z"}
    without = record("DEBIAN-CVE-2020-1000", affected("Debian:12", "a", ALL)) | later
    building.build(tmp_path, osv.pairs(both, alone, source="Debian"))

    built = building.change(tmp_path, osv.pairs(without, source="Debian"), whole=["Debian"])
    assert built.left == ("Debian:11",)
    for again in (building.build, building.change):
        with osv.opened(tmp_path) as advisories:
            assert [each.record for each in advisories.about("Debian:11", "a")] == ["DEBIAN-CVE-2020-1000"]
            assert [each.record for each in advisories.about("Debian:11", "b")] == ["DEBIAN-CVE-2020-1001"]
            (covered,) = advisories.looked_up("Debian:11")
            assert covered.left_at is not None
            assert [each.left_at for each in advisories.looked_up("Debian:12")] == [None]
            left_at = covered.left_at
        assert again(tmp_path, osv.pairs(without, source="Debian")).left == ()
    with osv.opened(tmp_path) as advisories:
        assert [each.left_at for each in advisories.looked_up("Debian:11")] == [left_at]

    building.build(tmp_path, osv.pairs(both, source="Debian"))
    with osv.opened(tmp_path) as advisories:
        assert [each.left_at for each in advisories.looked_up("Debian:11")] == [None]
        assert advisories.about("Debian:11", "b") == []


def test_a_pointer_that_cannot_be_read_points_to_nothing(tmp_path: Path) -> None:
    building.build(tmp_path, osv.pairs(ONE))
    for broken in ("", "{", "[]", json.dumps({"build": "../../etc/passwd", "before": ""})):
        (tmp_path / "in-force").write_text(broken)
        assert kept.in_force(tmp_path) is None
