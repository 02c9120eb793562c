"""What is exported of a result as it stands in the database, at the moment of the export."""

from datetime import timedelta

import pytest

from berth.scan import evaluation, reporting, results
from berth.scan.matches import Component
from berth.site import Site
from berth.words import digest as digests
from tests import make
from tests.scan import evaluating, images
from tests.scan.test_scanning import row_of

BASH, LODASH = Component("Debian:12", "bash", "5.2", "os"), Component("PyPI", "requests", "2.20", "language")


@pytest.mark.parametrize(
    ("days", "codes"),
    [(None, []), (0, ["os-no-data", "no-data"]), (4, ["os-no-data", "database-old", "no-data"])],
)
def test_what_the_advisories_do_not_say_at_that_moment_goes_with_the_export(
    site: Site, days: int | None, codes: list[str]
) -> None:
    web = make.image(site, "main/apps/web")
    pushed = images.push(web, images.debian([]))
    row, at = row_of(web, pushed), None if days is None else site.now() + timedelta(days=days)
    with site.db.write() as tx:
        result = evaluating.store(tx, site, pushed.digest, {BASH: 1, LODASH: 1})
        evaluation.evaluated(tx, result, at=site.now(), advisories="x", advisories_at=site.now())
        results.in_force(tx, row.id, result, at=site.now())
    found = images.opened(web)
    with site.db.read() as tx:
        report = reporting.of(tx, found, digests.parse(pushed.digest), at=at)
    assert [gap.code for gap in report.gaps] == codes
