"""The search over all results: by every name of a flaw, by how a package begins, and with what policies leave out."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, select, true, update

from berth.db.pages import Wanted
from berth.db.tables import image, vulnerability, vulnerability_name
from berth.scan import affected, evaluation, results, vulnerabilities
from berth.scan.affected import Affected
from berth.scan.evaluation import Matched
from berth.scan.hiding import Reason
from berth.scan.inventory import Inventory, Package
from berth.scan.matches import Match, Vulnerability
from berth.scan.results import BUILTIN
from berth.site import Site
from berth.words.errors import FieldInvalid
from berth.words.policies import Level, ScanPolicy
from tests import make
from tests.make import Target
from tests.scan.test_looking import FLAW, HERE, LIBC, scanned


@pytest.fixture
def web(site: Site) -> Target:
    target = make.image(site, "main/apps/web")
    document = make.manifest(target, b"a layer", tag="v1")
    with site.db.write() as tx:
        scanned(tx, target, document, HERE, LIBC)
    return target


def found(tx: Connection, *, flaw: str = "", package: str = "") -> list[Affected]:
    return affected.page(tx, Wanted("path", 50), true(), flaw=flaw, package=package).items


def packages(tx: Connection, **asked: str) -> list[str]:
    return [each.package for each in found(tx, **asked)]


@pytest.mark.usefixtures("web")
def test_a_flaw_is_found_by_each_of_its_names_in_whatever_case(site: Site) -> None:
    with site.db.read() as tx:
        for name in ("CVE-2026-1", "cve-2026-1", "GHSA-1111-2222-3333", "ghsa-1111-2222-3333"):
            assert sorted(packages(tx, flaw=name)) == ["glibc", "lodash"]
        assert packages(tx, flaw="CVE-2026") == []


@pytest.mark.usefixtures("web")
def test_a_flaw_that_has_other_names_now_is_found_by_these_alone(site: Site) -> None:
    with site.db.write() as tx:
        vulnerabilities.remember(tx, [replace(FLAW, aliases=("GHSA-9999-9999-9999",))])
        assert len(found(tx, flaw="GHSA-9999-9999-9999")) == 2
        assert found(tx, flaw="GHSA-1111-2222-3333") == []
        assert len(found(tx, flaw="CVE-2026-1")) == 2


@pytest.mark.usefixtures("web")
def test_a_package_is_found_by_its_whole_name_or_by_how_it_begins(site: Site) -> None:
    with site.db.read() as tx:
        assert packages(tx, package="gli") == []
        assert packages(tx, package="gli*") == packages(tx, package="glibc") == ["glibc"]
        assert packages(tx, package="lo*", flaw="CVE-2026-1") == ["lodash"]
        with pytest.raises(FieldInvalid):
            found(tx, package="*")


def test_a_package_is_found_in_each_spelling_that_its_ecosystem_takes_for_the_same(site: Site) -> None:
    target = make.image(site, "main/apps/web")
    document = make.manifest(target, b"a layer")
    listed = Package("language", "pypi", "Ruamel.YAML_clib", "0.2")
    with site.db.write() as tx:
        scanned(tx, target, document, listed)
        for spelling in ("Ruamel.YAML_clib", "ruamel-yaml-clib", "ruamel.yaml*", "Ruamel_*"):
            assert packages(tx, package=spelling) == ["ruamel-yaml-clib"], spelling


def test_no_row_is_lost_between_two_pages_of_flaws_that_share_a_name(site: Site) -> None:
    target = make.image(site, "main/apps/web")
    document = make.manifest(target, b"a layer")
    flaws = [Vulnerability(f"CVE-2026-{each}", ("GHSA-1111-2222-3333",)) for each in (1, 2, 3)]
    with site.db.write() as tx:
        scanned(tx, target, document, HERE)
        keys = results.component_ids(tx, results.components_of(BUILTIN, document.digest, Inventory(None, (HERE,))))
        matches = [Match(each, Level.HIGH, "test") for each in flaws]
        evaluation.keep(tx, {each: Matched(key, matches) for key, each in keys.items()}, at=site.now())
        seen: list[str | None] = []
        after = None
        while not seen or after is not None:
            page = affected.page(tx, Wanted("-path", 1, after), true(), flaw="GHSA-1111-2222-3333")
            seen += [each.vulnerability for each in page.items]
            after = page.next
    assert sorted(map(str, seen)) == ["CVE-2026-1", "CVE-2026-2", "CVE-2026-3"]


@pytest.mark.usefixtures("web")
def test_what_the_policy_of_an_image_leaves_out_is_found_and_said_to_be_left_out(site: Site) -> None:
    policy = ScanPolicy(exclusion=True, exclude_language_packages=True)
    with site.db.write() as tx:
        tx.execute(update(image).values(policy_scan=policy.to_json()))
        hidden = {each.package: each.hidden for each in found(tx, flaw="CVE-2026-1")}
    assert hidden == {"lodash": Reason.LANGUAGE_PACKAGE, "glibc": None}


def test_what_a_scanner_of_others_has_matched_is_told_in_its_own_words(site: Site) -> None:
    target = make.image(site, "main/apps/web")
    document = make.manifest(target, b"a layer")
    package = Package("os", "deb", "bash", "5.2")
    with site.db.write() as tx:
        number = results.store(
            tx, document.digest, Inventory(None, (package,)), scanner="trivy", scanner_version="1", at=site.now()
        )
        keys = results.component_ids(tx, results.components_of("trivy", document.digest, Inventory(None, (package,))))
        matched = {each: Matched(key, [Match(FLAW, Level.HIGH, "trivy")]) for key, each in keys.items()}
        evaluation.keep(tx, matched, at=site.now())
        row = results.of_digest(tx, document.digest, "trivy")
        assert row is not None
        assert row.id == number
        results.in_force(tx, 1, number, at=site.now())
        assert [(each.package, each.ecosystem) for each in found(tx, flaw="CVE-2026-1")] == [("bash", "deb")]


def test_words_of_a_scanner_of_others_never_take_the_place_of_ours(site: Site) -> None:
    ours, theirs = Vulnerability("CVE-1", title="ours"), Vulnerability("CVE-1", ("OTHER-1",), title="theirs")

    def said(tx: Connection) -> tuple[str, bool]:
        title, outside = tx.execute(select(vulnerability.c.title, vulnerability.c.outside)).one()
        return title, outside

    with site.db.write() as tx:
        vulnerabilities.remember(tx, [theirs], outside=True)
        assert said(tx) == ("theirs", True)
        vulnerabilities.remember(tx, [replace(theirs, title="newer")], outside=True)
        assert said(tx) == ("newer", True)
        assert vulnerabilities.differing(tx, [replace(theirs, title="newer")])
        vulnerabilities.remember(tx, [ours])
        assert said(tx) == ("ours", False)
        vulnerabilities.remember(tx, [theirs], outside=True)
        assert said(tx) == ("ours", False)
        assert list(tx.scalars(select(vulnerability_name.c.name))) == ["cve-1"]


def test_what_evaluation_keeps_of_others_is_theirs(site: Site) -> None:
    with site.db.write() as tx:
        inventory = Inventory(None, (Package("language", "npm", "a", "1"),))
        for scanner in (BUILTIN, "trivy"):
            made = results.ready("sha256:aa", inventory, scanner=scanner)
            results.store(tx, "sha256:aa", inventory, scanner=scanner, scanner_version="1", at=site.now(), made=made)
            keys = results.component_ids(tx, made.units)
            match = Match(Vulnerability("CVE-1", title=scanner), Level.LOW, scanner)
            evaluation.keep(tx, {each: Matched(key, [match]) for key, each in keys.items()}, at=site.now())
        assert tx.scalar(select(vulnerability.c.title)) == BUILTIN
