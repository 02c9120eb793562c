"""One record, read with care."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.advisories import records
from berth.scan.advisories.links import Links
from berth.scan.advisories.records import Record, RecordBroken
from tests.scan.advisories import osv


def parse(document: Any) -> Record:  # Any: JSON, whole or broken
    return records.parse(json.dumps(document).encode())


ENTRY = osv.affected("npm", "left-pad", ("introduced", "0"), ("fixed", "1.0.0"))


def test_every_real_record_is_read_and_nothing_of_it_left_out() -> None:
    read = [records.parse(body) for _, body in osv.everything()]
    assert len(read) == 398
    assert [each.left_out for each in read if each.left_out] == []


def test_fields_that_are_not_known_are_passed_by() -> None:
    entry = ENTRY | {"new": 1, "severity": [{"type": "CVSS_V9", "score": "?"}]}
    record = parse(osv.record("GHSA-1", entry, schema_version="1.99.0", credits=7, upstream=None))
    assert [each.name for each in record.affected] == ["left-pad"]


@pytest.mark.parametrize(
    ("withdrawn", "is_so"),
    [
        ("2024-01-01T00:00:00Z", True),
        ("2023-08-22 06:18:00+00:00", True),
        ("0001-01-01T00:00:00Z", False),
        ("", False),
        (None, False),
    ],
)
def test_a_time_of_withdrawal_counts_unless_it_is_the_year_1(withdrawn: str | None, *, is_so: bool) -> None:
    assert parse(osv.record("X-1", ENTRY, withdrawn=withdrawn)).withdrawn is is_so


@pytest.mark.parametrize(
    ("modified", "read"),
    [
        ("2024-05-29T23:34:56Z", datetime(2024, 5, 29, 23, 34, 56, tzinfo=UTC)),
        ("2024-05-29T23:34:56.123456789Z", datetime(2024, 5, 29, 23, 34, 56, 123456, tzinfo=UTC)),
        ("2024-05-29T23:34:56+02:00", datetime(2024, 5, 29, 21, 34, 56, tzinfo=UTC)),
        ("9999-12-31T23:59:59-14:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("yesterday", None),
        (7, None),
    ],
)
def test_times(modified: object, read: datetime | None) -> None:
    assert parse(osv.record("X-1") | {"modified": modified}).modified == read


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "no id"),
        (b'{"id": "a b"}', "no id"),
        (b'{"id": 5}', "no id"),
        (b'{"id": "A-1", "affected": {}}', ""),
        (b'{"id": "A-1", "affected": {"a": 1}}', "affected is not a list"),
        (b'{"id": "A-1", "withdrawn": "soon"}', "withdrawal"),
        (b"[" * 200_000, "nested too deeply"),
        (json.dumps({"id": "C" * 121}).encode(), "it has no id"),
        (b"[" * (records.MAX_VALUES + 1), "values"),
        (b" " * (records.MAX_BYTES + 1), "longer than"),
        (b'{"id": "A-1", "affected": [' + b"{}," * records.MAX_AFFECTED + b"{}]}", "affected is not a list"),
    ],
    ids=lambda each: repr(each[:40]),
)
def test_a_broken_record_says_why(body: bytes, reason: str) -> None:
    if not reason:
        assert records.parse(body).affected == ()
        return
    with pytest.raises(RecordBroken, match=reason):
        records.parse(body)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (5, r"affected\[1\] is not an object"),
        ({"package": 5}, "no ecosystem and name"),
        ({"package": {"ecosystem": "npm"}}, "no ecosystem and name"),
        ({"package": {"ecosystem": "npm", "name": "a\nb"}}, "no ecosystem and name"),
        ({"package": {"ecosystem": "npm", "name": "\ud800"}}, "no ecosystem and name"),
        (osv.affected("npm", "b") | {"ranges": 5}, "ranges is not a list"),
        (osv.affected("npm", "b") | {"ranges": [5]}, r"ranges\[0\] is not an object"),
        (osv.affected("npm", "b") | {"ranges": [{"type": "SEMVER", "events": 5}]}, "events"),
        (osv.affected("npm", "b") | {"ranges": [{"type": "SEMVER", "events": [{"fixed": 5}]}]}, "no text"),
        (osv.affected("npm", "b", ("introduced", "x"), ("fixed", "1")) | {}, "no version"),
        (osv.affected("npm", "b") | {"versions": "1.0"}, "versions is not a list"),
    ],
)
def test_what_is_broken_in_a_part_leaves_the_rest(entry: Any, reason: str) -> None:  # Any: JSON, broken
    record = parse(osv.record("X-1", ENTRY, entry))
    assert record.affected[0].name == "left-pad"
    assert len(record.left_out) == 1
    assert re.search(reason, record.left_out[0])


def test_source_repositories_and_ecosystems_without_images_are_passed_by() -> None:
    git = {"ranges": [{"type": "GIT", "repo": "https://example.org", "events": [{"introduced": "0"}]}]}
    record = parse(osv.record("CVE-2020-0001", git, osv.affected("Android", "kernel", ("introduced", "0"))))
    assert (record.affected, record.left_out) == ((), ())


def test_ranges_of_commits_say_nothing_of_versions() -> None:
    entry = osv.affected("npm", "a", versions=["1.0.0"]) | {
        "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]
    }
    (affected,) = parse(osv.record("X-1", entry)).affected
    assert (affected.ranges, affected.versions) == ((), ("1.0.0",))


@pytest.mark.parametrize(
    ("name", "fields", "ecosystem", "links"),
    [
        ("GHSA-1", {"aliases": ["CVE-2020-1000", "GHSA-1"]}, "npm", Links(same=("CVE-2020-1000",))),
        ("PYSEC-1", {"aliases": ["CVE-2020-1000", "GHSA-2"]}, "PyPI", Links(same=("CVE-2020-1000", "GHSA-2"))),
        ("DEBIAN-CVE-2020-1000", {"upstream": ["CVE-2020-1000"]}, "Debian:12", Links(same=("CVE-2020-1000",))),
        ("UBUNTU-CVE-2020-1000", {"related": ["CVE-2020-1000"]}, "Ubuntu:22.04:LTS", Links(same=("CVE-2020-1000",))),
        ("ALPINE-CVE-2020-1000", {}, "Alpine:v3.19", Links(same=("CVE-2020-1000",))),
        ("CVE-2020-1000", {"aliases": ["GHSA-1"]}, "Alpine:v3.19", Links(same=("GHSA-1",))),
        (
            "RHSA-2020:1", {"upstream": ["CVE-2020-1000", "CVE-2020-1001"], "related": ["GO-1"]},
            "Red Hat:enterprise_linux:9::baseos", Links(speaks_of=("CVE-2020-1000", "CVE-2020-1001")),
        ),
        ("ALSA-2020:1", {"related": ["CVE-2020-1000"]}, "AlmaLinux:9", Links(speaks_of=("CVE-2020-1000",))),
        ("USN-1-1", {"upstream": ["UBUNTU-CVE-2020-1000"]}, "Ubuntu:22.04:LTS", Links(speaks_of=("CVE-2020-1000",))),
        (
            "RLSA-1", {"aliases": ["CVE-2020-1000", "CVE-2020-1001"]},
            "Rocky Linux:9", Links(speaks_of=("CVE-2020-1000", "CVE-2020-1001")),
        ),
        ("CGA-1", {"aliases": ["GHSA-1"]}, "Wolfi", Links(speaks_of=("GHSA-1",))),
        ("DSA-1-1", {"related": ["DSA-2-1"]}, "Debian:12", Links()),
    ],
)  # fmt: skip
def test_what_a_record_is_the_same_as_and_what_it_speaks_of(
    name: str, fields: dict[str, Any], ecosystem: str, links: Links
) -> None:
    assert parse(osv.record(name, osv.affected(ecosystem, "a", ("introduced", "0")), **fields)).links == links


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["package", "ecosystem", "name", "ranges", "type", "events", "fixed", "versions"]), inner
        )
    ),
    max_leaves=12,
)
FIELDS = ["affected", "aliases", "upstream", "related", "modified", "withdrawn", "severity", "references"]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_document_does_more_than_be_refused(document: dict[str, Any]) -> None:
    try:
        record = parse({"id": "X-1"} | document)
    except RecordBroken:
        return
    assert record.id == "X-1"


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(body: bytes) -> None:
    with pytest.raises(RecordBroken):
        records.parse(body)
