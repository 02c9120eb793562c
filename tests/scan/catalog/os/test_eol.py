"""When free support ends. A release that is not listed is never taken for one that has ended."""

from datetime import date

import pytest

from berth.scan.catalog import eol
from berth.scan.inventory import OperatingSystem


@pytest.mark.parametrize(
    ("id_", "version", "name", "day"),
    [
        ("debian", "11", "", date(2026, 8, 31)),
        ("debian", "13", "", date(2030, 6, 30)),
        ("ubuntu", "18.04", "", date(2023, 5, 31)),
        ("ubuntu", "24.10", "", date(2025, 7, 10)),
        ("alpine", "3.10.2", "", date(2021, 5, 1)),
        ("alpine", "3.22.0", "", date(2027, 5, 1)),
        ("rhel", "7.9", "", date(2024, 6, 30)),
        ("centos", "7", "CentOS Linux 7 (Core)", date(2024, 6, 30)),
        ("centos", "9", "CentOS Stream 9", date(2027, 5, 31)),
        ("almalinux", "8.10", "", date(2029, 5, 31)),
        ("rocky", "10.0", "", date(2035, 5, 31)),
        ("ol", "7.9", "", date(2024, 12, 31)),
        ("sles", "12.5", "", date(2024, 10, 31)),
        ("sled", "15.6", "", date(2025, 12, 31)),
        ("opensuse-leap", "15.6", "", date(2026, 4, 30)),
        ("amzn", "2", "", date(2026, 6, 30)),
        ("amzn", "2018.03", "", date(2023, 12, 31)),
        ("photon", "3.0", "", date(2024, 3, 31)),
    ],
)
def test_releases_that_are_known(id_: str, version: str, name: str, day: date) -> None:
    assert eol.eol_on(OperatingSystem(id_, version, name)) == day


@pytest.mark.parametrize(
    ("id_", "version"),
    [
        ("debian", ""),
        ("debian", "99"),
        ("ubuntu", "99.04"),
        ("alpine", "4.0.0"),
        ("alpine", "3"),
        ("rhel", "11"),
        ("ol", "10"),
        ("photon", "5.0"),
        ("opensuse-tumbleweed", "20260101"),
        ("wolfi", "20230201"),
        ("chainguard", "20230214"),
        ("plan9", "4"),
        ("", ""),
    ],
)
def test_what_is_not_known_has_not_ended(id_: str, version: str) -> None:
    assert eol.eol_on(OperatingSystem(id_, version)) is None
