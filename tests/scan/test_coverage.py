"""What advisories do not say of a system, as rows and results warn of it."""

from datetime import UTC, date, datetime

import pytest

from berth.scan import coverage
from berth.scan.inventory import OperatingSystem
from berth.scan.results import BUILTIN

NOON = datetime(2026, 9, 15, 12, tzinfo=UTC)
DEBIAN = OperatingSystem("debian", "11", "Debian 11", eol_on=date(2026, 8, 31))
NEWER = OperatingSystem("debian", "12", "Debian 12", eol_on=date(2028, 6, 30))
LEFT = "2026-09-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("os", "covered", "told"),
    [
        (NEWER, {"Debian:12": ""}, []),
        (NEWER, {"Debian:11": ""}, ["there are no advisories for Debian 12"]),
        (DEBIAN, {"Debian:11": ""}, ["free support of Debian 11 ended on 2026-08-31: newer flaws may be missing"]),
        (DEBIAN, {"Debian:11": LEFT}, ["free support of Debian 11 ended on 2026-08-31: newer flaws may be missing"]),
        (NEWER, {"Debian:12": LEFT}, ["advisories for Debian 12 ended on 2026-09-01: newer flaws may be missing"]),
        (OperatingSystem("debian", ""), {"Debian:12": ""}, ["there are no advisories for debian"]),
        (None, {}, []),
    ],
)
def test_a_system_of_which_advisories_say_too_little_is_told(
    os: OperatingSystem | None, covered: dict[str, str], told: list[str]
) -> None:
    assert [gap.text for gap in coverage.gaps(os, BUILTIN, NOON, covered, at=NOON)] == told


def test_advisories_of_ours_say_nothing_of_what_another_scanner_knows() -> None:
    assert list(coverage.gaps(NEWER, "trivy", NOON, {}, at=NOON)) == []
