"""Which of the streams of a module an advisory speaks of."""

import pytest

from berth.scan import evaluation, modules, results
from berth.scan.advisories import records
from berth.scan.inventory import Inventory, OperatingSystem, Package
from berth.scan.results import BUILTIN
from berth.site import Site
from tests.scan.advisories import osv

BUILT, PLAIN = "3.3.1-2.module+el9.4.0+20787+4c237fd3", "3.0.4-160.el9"


@pytest.mark.parametrize(
    ("title", "variant"),
    [
        ("Moderate: ruby:3.3 security, bug fix, and enhancement update", "appstream module=ruby:3.3"),
        ("Red Hat Security Advisory: python39:3.9 and python39-devel:3.9 security update.",
         "appstream module=python39:3.9,python39-devel:3.9"),
        ("container-tools:rhel8. See https://example.org", "appstream module=container-tools:rhel8"),
        ("Important: ruby security update", "appstream"),
        (None, "appstream"),
    ],
)  # fmt: skip
def test_a_title_names_the_streams(title: str | None, variant: str) -> None:
    assert modules.variant("appstream", title, ["1.0-1.el9", BUILT]) == variant
    assert modules.variant("appstream", title, [PLAIN]) == "appstream"


def test_a_record_of_a_module_is_kept_with_its_stream() -> None:
    for source, body in osv.everything():
        if b'"RLSA-2024:3671"' in body:
            assert source
            assert {each.variant for each in records.parse(body).affected} == {"module=ruby:3.3"}
            return
    pytest.fail("there is no such record")


def test_advisories_that_change_reach_the_packages_of_every_stream(site: Site) -> None:
    made = Package("os", "rpm", "nodejs", "1:18.1-1", module="nodejs:18")
    found = Inventory(OperatingSystem("rocky", "9.4"), (made, Package("os", "rpm", "nodejs", "1:16.1-1")))
    with site.db.write() as tx:
        results.store(tx, "sha256:a", found, scanner=BUILTIN, scanner_version="test", at=site.now())
        reached = evaluation.named(tx, {("Rocky Linux:9", "nodejs")})
    assert {each.ecosystem for each in reached.values()} == {"Rocky Linux:9", "Rocky Linux:9/nodejs:18"}
