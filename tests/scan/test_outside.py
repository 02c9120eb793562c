"""A registry whose images another scanner looks at: what it says is what people see, and nothing of ours."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from berth.scan import chosen, looking, results, working
from berth.scan.inventory import Package
from berth.scan.standing import Standing
from berth.settings import Settings
from berth.site import Site, open_site
from berth.words import digest as digests
from tests import make
from tests.make import Target
from tests.scan import images
from tests.scan.external import fakes
from tests.scan.external.recorded import TRIVY
from tests.scan.test_scanning import check, import_, levels, row_of, stands

COPIES = "shutil.copyfile(REPORT, output)"
OF_THIS_IMAGE = """
    layout = args[args.index("--input") + 1]
    listed = json.load(open(f"{layout}/index.json"))["manifests"][0]["digest"].replace(":", "/")
    report = json.load(open(REPORT))
    report["Metadata"]["ImageID"] = json.load(open(f"{layout}/blobs/{listed}"))["config"]["digest"]
    json.dump(report, open(output, "w"))
"""
GIVES_UP = "sys.exit(3)"


def of_npm(path: str, severity: str) -> dict[str, str]:
    found = {"VulnerabilityID": "CVE-2020-1001", "PkgName": "a", "InstalledVersion": "1.0.0"}
    return found | {"PkgPath": path, "Severity": severity}


TWICE = {
    "SchemaVersion": 2,
    "Metadata": {"OS": {"Family": "debian", "Name": "12"}},
    "Results": [
        {"Class": "os-pkgs", "Type": "debian", "Packages": [{"Name": "bash", "Version": "5.2", "Release": "1"}]},
        {"Class": "lang-pkgs", "Type": "npm", "Vulnerabilities": [of_npm("a", "CRITICAL"), of_npm("b", "LOW")]},
    ],
}
SAYS_IT_TWICE = f"json.dump({TWICE!r}, open(output, 'w'))"


@pytest.fixture
def does() -> str:
    """What the program does when it is to write a report: it gives a recorded one, as if it were of this image."""
    return OF_THIS_IMAGE


@pytest.fixture
def site(database_url: str, tmp_path: Path, does: str) -> Iterator[Site]:
    program = fakes.trivy(tmp_path / "trivy", does, REPORT=TRIVY / "alpine-310.json")
    scanner = {"kind": "trivy", "binary": str(program.path), "cache": str(tmp_path / "cache"), "registries": ["main"]}
    settings = Settings(
        data=tmp_path, database_url=database_url, storage_url="memory:", scanners=SecretStr(json.dumps([scanner]))
    )
    with closing(open_site(settings)) as opened:
        yield opened


@pytest.fixture
def web(site: Site) -> Target:
    return make.image(site, "main/apps/web")


def test_what_another_scanner_says_is_counted_listed_and_named(site: Site, web: Target) -> None:
    pushed = images.push(web, images.minbase(), tag="v1")
    check(web, pushed)
    assert working.run_all(site) == 1
    found = stands(web, pushed)
    assert found.state == "done", found
    assert levels(found) == {"medium": 4}
    image_ = images.opened(web)
    with site.db.read() as tx:
        looked = looking.into(tx, image_, digests.parse(pushed.digest))
        rows = looking.with_words(tx, looking.findings(tx, looked))
    assert looked.parts[0].result.scanner == "trivy"
    assert {row.finding.match.vulnerability.id for row in rows} >= {"CVE-2019-1549"}
    assert all(row.finding.match.fixed_version for row in rows)


def test_advisories_of_ours_change_nothing_that_another_scanner_said(site: Site, web: Target, tmp_path: Path) -> None:
    pushed = images.push(web, images.minbase(), tag="v1")
    check(web, pushed)
    working.run_all(site)
    before = levels(stands(web, pushed))
    assert import_(site, tmp_path, "Debian", "Alpine") == "done"
    assert levels(stands(web, pushed)) == before
    assert row_of(web, pushed).result is not None


def test_another_registry_is_scanned_by_berth_itself(site: Site, tmp_path: Path) -> None:
    other = make.image(site, "other/apps/web")
    import_(site, tmp_path, "Debian")
    pushed = images.push(other, images.minbase(), tag="v1")
    check(other, pushed)
    working.run_all(site)
    assert levels(stands(other, pushed))["critical"] == 1


def checked(web: Target) -> Standing:
    pushed = images.push(web, images.minbase(), tag="v1")
    check(web, pushed)
    working.run_all(web.site)
    return stands(web, pushed)


@pytest.mark.parametrize("does", [GIVES_UP])
def test_a_scanner_that_gives_up_is_a_failed_scan_with_the_reason(web: Target) -> None:
    found = checked(web)
    assert (found.state, found.code, found.counts) == ("failed", "SCANNER_EXIT", None)


@pytest.mark.parametrize("does", [COPIES])
def test_a_report_of_another_image_is_a_failed_scan(web: Target) -> None:
    found = checked(web)
    assert (found.state, found.code, found.counts) == ("failed", "SCANNER_OUTPUT", None)
    assert "another image" in found.reason


@pytest.mark.parametrize("does", [SAYS_IT_TWICE])
def test_the_worst_that_is_said_of_a_package_counts_and_what_only_we_do_not_see_is_no_gap(web: Target) -> None:
    pushed = images.push(web, images.layer({"etc/os-release": images.DEBIAN_12}), tag="v1")
    check(web, pushed)
    working.run_all(web.site)
    found = stands(web, pushed)
    assert levels(found) == {"critical": 1}
    image_ = images.opened(web)
    with web.site.db.read() as tx:
        looked = looking.into(tx, image_, digests.parse(pushed.digest))
    assert looked.parts[0].result.gaps == ()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not JSON"),
        ("{}", "list"),
        ('[{"kind": "snyk"}]', "scanner 0: kind"),
        ('[{"kind": "trivy"}]', "scanner 0: binary"),
        ('[{"kind": "harbor", "url": "https://a"}]', "registry_url"),
        ('[{"kind": "trivy", "binary": "/t", "cache": "/c", "registries": "main"}]', "registries"),
    ],
)
def test_a_scanner_that_is_not_well_named_is_refused_in_plain_words(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        chosen.parse(text)


def test_components_of_others_are_of_one_image_alone() -> None:
    package = Package("os", "apk", "musl", "1.1.22-r3")
    ours = results.component_of("trivy", "sha256:" + "1" * 64, package, None)
    theirs = results.component_of("trivy", "sha256:" + "2" * 64, package, None)
    assert ours is not None
    assert ours != theirs
