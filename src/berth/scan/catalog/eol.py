"""When the free support of a system's releases ends, after which advisories for it may be missing.

What everyone gets counts, not what is sold: the long-term support of Debian, but neither Ubuntu Pro nor the extended
support of Red Hat, SUSE and Oracle. The dates are those that the makers announced, as endoflife.date collects them
(August 2026). What is not listed is not known, and never taken for ended: new releases come without a word to Berth.
"""

from datetime import date

from berth.scan.inventory import OperatingSystem

_DAYS = {
    "debian": """
        4 2010-02-15, 5 2012-02-06, 6 2016-02-29, 7 2018-05-31, 8 2020-06-30, 9 2022-07-01, 10 2024-06-30,
        11 2026-08-31, 12 2028-06-30, 13 2030-06-30
    """,
    "ubuntu": """
        10.04 2013-05-09, 12.04 2017-04-28, 14.04 2019-04-02, 14.10 2015-07-23, 15.04 2016-02-04, 15.10 2016-07-28,
        16.04 2021-04-02, 16.10 2017-07-20, 17.04 2018-01-13, 17.10 2018-07-19, 18.04 2023-05-31, 18.10 2019-07-18,
        19.04 2020-01-23, 19.10 2020-07-06, 20.04 2025-05-31, 20.10 2021-07-22, 21.04 2022-01-20, 21.10 2022-07-14,
        22.04 2027-04-01, 22.10 2023-07-20, 23.04 2024-01-20, 23.10 2024-07-12, 24.04 2029-05-31, 24.10 2025-07-10,
        25.04 2026-01-17, 25.10 2026-07-01, 26.04 2031-04-30
    """,
    "alpine": """
        2.1 2012-11-01, 2.2 2013-05-01, 2.3 2013-11-01, 2.4 2014-05-01, 2.5 2014-11-01, 2.6 2015-05-01, 2.7 2015-11-01,
        3.0 2016-05-01, 3.1 2016-11-01, 3.2 2017-05-01, 3.3 2017-11-01, 3.4 2018-05-01, 3.5 2018-11-01, 3.6 2019-05-01,
        3.7 2019-11-01, 3.8 2020-05-01, 3.9 2020-11-01, 3.10 2021-05-01, 3.11 2021-11-01, 3.12 2022-05-01,
        3.13 2022-11-01, 3.14 2023-05-01, 3.15 2023-11-01, 3.16 2024-05-23, 3.17 2024-11-22, 3.18 2025-05-09,
        3.19 2025-11-01, 3.20 2026-04-01, 3.21 2026-11-01, 3.22 2027-05-01, 3.23 2027-11-01, 3.24 2028-06-01
    """,
    "rhel": "4 2012-02-29, 5 2017-03-31, 6 2020-11-30, 7 2024-06-30, 8 2029-05-31, 9 2032-05-31, 10 2035-05-31",
    "centos": "5 2017-03-31, 6 2020-11-30, 7 2024-06-30, 8 2021-12-31",
    "centos-stream": "8 2024-05-31, 9 2027-05-31, 10 2030-05-31",
    "almalinux": "8 2029-05-31, 9 2032-05-31, 10 2035-05-31",
    "rocky": "8 2029-05-31, 9 2032-05-31, 10 2035-05-31",
    "ol": "5 2017-06-30, 6 2021-03-31, 7 2024-12-31, 8 2029-07-31, 9 2032-06-30",
    "sles": """
        11 2010-12-31, 11.1 2012-08-31, 11.2 2014-01-31, 11.3 2016-01-31, 11.4 2019-03-31, 12 2016-06-30,
        12.1 2017-05-31, 12.2 2018-03-31, 12.3 2019-06-30, 12.4 2020-06-30, 12.5 2024-10-31, 15 2019-12-31,
        15.1 2021-01-31, 15.2 2021-12-31, 15.3 2022-12-31, 15.4 2023-12-31, 15.5 2024-12-31, 15.6 2025-12-31,
        15.7 2031-07-31, 16.0 2027-11-30
    """,
    "opensuse-leap": """
        42.1 2017-05-17, 42.2 2018-01-26, 42.3 2019-07-01, 15.0 2019-12-03, 15.1 2021-02-02, 15.2 2022-01-04,
        15.3 2022-12-31, 15.4 2023-12-07, 15.5 2024-12-31, 15.6 2026-04-30, 16.0 2027-10-31
    """,
    "amzn": "1 2023-12-31, 2 2026-06-30, 2023 2029-06-30",
    "photon": "1.0 2022-02-28, 2.0 2022-12-31, 3.0 2024-03-31, 4.0 2026-03-31",
}


def _table(text: str) -> dict[str, date]:
    return {
        release: date.fromisoformat(day)
        for release, day in (each.split() for each in text.replace("\n", " ").split(","))
    }


_ENDS = {system: _table(text) for system, text in _DAYS.items()}
_MAJOR = frozenset({"debian", "rhel", "centos", "centos-stream", "almalinux", "rocky", "ol"})
"""Systems whose whole major version ends at once."""


def eol_on(system: OperatingSystem) -> date | None:
    """The last day of its free support; None where that is not known, or where a system has no releases."""
    name = _name(system)
    return _ENDS.get(name, {}).get(_release(name, system.version))


def _name(system: OperatingSystem) -> str:
    if system.id == "centos" and "stream" in system.name.lower():
        return "centos-stream"
    return {"sled": "sles"}.get(system.id, system.id)


def _release(name: str, version: str) -> str:
    parts = version.split(".")
    if name in _MAJOR:
        return parts[0]
    if name == "amzn":
        return "1" if version.startswith("201") else parts[0]
    return ".".join(parts[:2])
