"""Files that people give: what they are is told by what is in them, and what they say becomes advisories."""

import bz2
import contextlib
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st
from sqlalchemy import select

from berth.audit.events import Actor
from berth.db.tables import operation
from berth.jobs import listed, run_jobs
from berth.scan import components, importing, library, matching
from berth.scan.advisories import records as osv_records
from berth.scan.advisories.archives import SourceRefused
from berth.scan.fetching import given, markup
from berth.scan.inventory import OperatingSystem, Package
from berth.scan.matches import Component
from berth.site import Site
from berth.words.policies import Level

DATA = Path(__file__).parent / "data"
AMAZON, ORACLE = (DATA / "amazon.xml").read_bytes(), (DATA / "oracle.xml").read_bytes()
PHOTON = (DATA / "photon.json").read_bytes()

JSON = dict[str, Any]  # Any: a JSON object


def read(folder: Path, body: bytes) -> dict[str, JSON]:
    path = folder / "given"
    path.write_bytes(body)
    found = {}
    for source, record in given.records(path):
        parsed = osv_records.parse(record)
        assert parsed.left_out == ()
        assert {each.ecosystem for each in parsed.affected} == {source}
        found[parsed.id] = parsed.document
    return found


def fixes(record: JSON) -> dict[str, str]:
    return {each["package"]["name"]: each["ranges"][0]["events"][1]["fixed"] for each in record["affected"]}


@pytest.mark.parametrize("packed", [bytes, gzip.compress, bz2.compress])
def test_updates_of_amazon_are_advisories_of_their_releases(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    found = read(tmp_path, packed(AMAZON))
    assert {name: each["affected"][0]["package"]["ecosystem"] for name, each in found.items()} == {
        "ALAS2-2091-951": "Amazon Linux:2",
        "ALAS2023-2091-001": "Amazon Linux:2023",
        "ALAS-2091-001": "Amazon Linux:1",
        "ALAS2GOLANG1.19-2091-001": "Amazon Linux:2",
    }
    curl = found["ALAS2-2091-951"]
    assert fixes(curl) == {"curl": "0:7.55.1-9.amzn2.0.1", "libcurl": "0:7.55.1-9.amzn2.0.1"}
    assert curl["upstream"] == ["CVE-2091-10007", "CVE-2091-10005"]
    assert (curl["published"], curl["modified"]) == ("2091-02-07T18:09:00Z", "2091-02-08T22:11:00Z")
    assert "another & back" in curl["details"]
    assert fixes(found["ALAS2023-2091-001"]) == {"openssl-libs": "1:3.0.8-1.amzn2023.0.10"}
    assert found["ALAS-2091-001"]["modified"] == "2091-07-01T20:41:00Z"


@pytest.mark.parametrize("packed", [bytes, gzip.compress, bz2.compress])
def test_definitions_of_oracle_are_advisories_of_their_releases(
    tmp_path: Path, packed: Callable[[bytes], bytes]
) -> None:
    found = read(tmp_path, packed(ORACLE))
    assert set(found) == {"ELSA-2091-0057", "ELSA-2091-4803:7", "ELSA-2091-4803:8", "ELSA-2091-5000"}
    bind = found["ELSA-2091-0057"]
    assert fixes(bind) == {"bind-libs": "32:9.16.23-11.el9", "bind": "32:9.16.23-11.el9"}
    assert bind["upstream"] == ["CVE-2091-0493", "CVE-2091-0494"]
    assert bind["summary"] == "ELSA-2091-0057: Moderate: bind security update (MODERATE)"
    assert bind["modified"] == "2091-06-26T00:00:00Z"


def test_of_architectures_that_are_mended_apart_the_first_that_is_counts(tmp_path: Path) -> None:
    found = read(tmp_path, ORACLE)
    assert fixes(found["ELSA-2091-4803:7"]) == {"rsyslog": "0:8.24.0-57.0.1.el7_9.3"}
    assert fixes(found["ELSA-2091-4803:8"]) == {"rsyslog": "0:8.2102.0-7.el8_6.1"}


def test_what_is_numbered_apart_says_nothing_of_what_images_have(tmp_path: Path) -> None:
    assert fixes(read(tmp_path, ORACLE)["ELSA-2091-5000"]) == {"openssl-libs": "1:1.1.1k-9.el8_7"}


def test_flaws_of_photon_are_advisories_of_its_source_packages(tmp_path: Path) -> None:
    found = read(tmp_path, PHOTON)
    assert {name: fixes(each) for name, each in found.items()} == {
        "PHOTON-5.0-CVE-2091-3828": {"curl": "8.7.1-2.ph5", "cmake": "3.25.2-4.ph5"},
        "PHOTON-4.0-CVE-2091-3828": {"curl": "8.1.2-9.ph4"},
    }
    assert found["PHOTON-5.0-CVE-2091-3828"]["upstream"] == ["CVE-2091-3828"]


def test_a_package_of_photon_is_matched_as_the_source_that_it_is_built_from(site: Site) -> None:
    assert give(site, PHOTON) == ""
    photon = OperatingSystem("photon", "5.0", "VMware Photon OS/Linux")
    libs = Package("os", "rpm", "curl-libs", "8.7.1-1.ph5", source_name="curl", source_version="8.7.1-1.ph5")
    component = components.of(libs, photon)
    assert component is not None
    with library.opened(site) as advisories:
        assert advisories is not None
        found = matching.match(advisories, component)
    assert [(each.vulnerability.id, each.fixed_version) for each in found] == [("CVE-2091-3828", "8.7.1-2.ph5")]


def give(site: Site, body: bytes) -> str:
    """Import it as an operator does; returns why that failed."""
    key, size = importing.give(site, io.BytesIO(body))
    with site.db.write() as tx:
        asked = importing.ask(tx, key, size, Actor("alice"), at=site.now(), whole=False)
    run_jobs(site, listed(importing.import_))
    with site.db.read() as tx:
        reason: str = tx.execute(select(operation.c.reason).where(operation.c.id == asked)).scalar_one()
        return reason


def test_what_is_imported_finds_what_is_installed(site: Site) -> None:
    assert give(site, gzip.compress(AMAZON)) == ""
    assert give(site, bz2.compress(ORACLE)) == ""
    with library.opened(site) as advisories:
        assert advisories is not None
        old = matching.match(advisories, Component("Amazon Linux:2", "libcurl", "7.55.1-8.amzn2", "os"))
        assert [(each.vulnerability.id, each.level, each.fixed_version) for each in old] == [
            ("CVE-2091-10005", Level.HIGH, "0:7.55.1-9.amzn2.0.1"),
            ("CVE-2091-10007", Level.HIGH, "0:7.55.1-9.amzn2.0.1"),
        ]
        assert matching.match(advisories, Component("Amazon Linux:2", "libcurl", "7.55.1-9.amzn2.0.1", "os")) == []
        assert matching.match(advisories, Component("Amazon Linux:2023", "libcurl", "7.55.1-8", "os")) == []
        bind = matching.match(advisories, Component("Oracle Linux:9", "bind-libs", "32:9.16.23-1.el9", "os"))
        assert [each.level for each in bind] == [Level.MEDIUM, Level.MEDIUM]


def test_an_import_that_breaks_off_changes_nothing_and_says_why(site: Site) -> None:
    assert give(site, AMAZON) == ""
    with site.db.read() as tx:
        before = library.current(tx)
    packed = gzip.compress(ORACLE)
    assert "cannot be unpacked" in give(site, packed[: len(packed) // 2])
    assert "no XML" in give(site, ORACLE[: len(ORACLE) // 2])
    with site.db.read() as tx:
        assert library.current(tx) == before


def refused(folder: Path, body: bytes) -> str:
    with pytest.raises(SourceRefused) as failed:
        read(folder, body)
    return str(failed.value)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no zip archive"),
        (b"a page of text", "no zip archive"),
        (b"<html><body>sign in first</body></html>", "neither"),
        (b"<updates></updates>", "no security advisories"),
        (b"[]", "no security advisories"),
        (b"[{", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"<updates><update type='security'><id>FEDORA-2091-1</id></update></updates>", "no security advisories"),
        (b"<updates><update type='security'>", "no XML"),
        (gzip.compress(b"nothing that is known", mtime=0), "neither"),
        (b"\x1f\x8bno gzip", "cannot be unpacked"),
        (b"BZh9no bzip2", "cannot be unpacked"),
    ],
)
def test_what_is_something_else_is_refused_with_its_reason(tmp_path: Path, body: bytes, reason: str) -> None:
    assert reason in refused(tmp_path, body)


def test_entities_are_refused_before_they_grow(tmp_path: Path) -> None:
    steps = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    body = f'<?xml version="1.0"?><!DOCTYPE updates [<!ENTITY e0 "ha">{steps}]><updates>&e11;</updates>'
    assert "entities" in refused(tmp_path, body.encode())
    outside = '<!DOCTYPE updates [<!ENTITY e SYSTEM "file:///etc/passwd">]><updates><update>&e;</update></updates>'
    assert "entities" in refused(tmp_path, outside.encode())


def test_what_is_nested_too_deep_is_refused(tmp_path: Path) -> None:
    assert "deep" in refused(tmp_path, b"<updates>" + b"<a>" * 10_000)


@pytest.mark.parametrize(
    "entry",
    [
        b"<update>" + b"<a/>" * (markup.MAX_ELEMENTS + 1),
        b"<update>" + b"x" * (markup.MAX_TEXT + 1),
        b"<update>" + (b"<a b='" + b"x" * (markup.MAX_TEXT // 3) + b"'/>") * 4,
    ],
)
def test_an_entry_that_is_too_large_is_refused(tmp_path: Path, entry: bytes) -> None:
    assert "too large" in refused(tmp_path, b"<updates>" + entry)


def test_something_that_does_not_end_is_left(tmp_path: Path) -> None:
    assert "longer than" in refused(tmp_path, b"<updates><!-- " + b"x" * (markup.MAX_TOKEN * 2))


def test_what_unpacks_without_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given, "MAX_UNPACKED", 1 << 20)
    assert "unpacks to more than" in refused(tmp_path, gzip.compress(b"<updates>" + b" " * (1 << 22)))


@any_of(
    st.one_of(
        st.binary(max_size=400),
        st.builds(lambda at, new: _with(AMAZON, at, new), st.integers(0, 6000), st.binary(max_size=20)),
        st.builds(lambda at, new: _with(PHOTON, at, new), st.integers(0, 900), st.binary(max_size=20)),
        st.builds(lambda at, new: _with(ORACLE, at, new), st.integers(0, 6000), st.binary(max_size=20)),
    )
)
def test_any_bytes_are_records_or_refused(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.mktemp("given") / "given"
    path.write_bytes(body)
    with contextlib.suppress(SourceRefused):
        for _, record in given.records(path):
            json.loads(record)


def _with(body: bytes, at: int, new: bytes) -> bytes:
    return body[:at] + new + body[at + len(new) :]
