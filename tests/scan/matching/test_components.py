"""What a package is matched as, and which are matched as nothing."""

from dataclasses import replace
from typing import Any

import pytest

from berth.scan import components
from berth.scan.inventory import OperatingSystem, Package
from berth.scan.matches import Component

DEBIAN = OperatingSystem("debian", "12")
ALPINE = OperatingSystem("alpine", "3.19.1")
ROCKY = OperatingSystem("rocky", "9.4")


def key(package: Package, os: OperatingSystem | None = None) -> tuple[str, str, str] | None:
    component = components.of(package, os)
    return None if component is None else (component.ecosystem, component.name, component.version)


def test_a_package_of_debian_is_matched_by_its_source() -> None:
    package = Package("os", "deb", "bsdutils", "1:2.38.1-5", source_name="util-linux", source_version="2.38.1-5")
    assert components.of(package, DEBIAN) == Component("Debian:12", "util-linux", "2.38.1-5", "os")


def test_a_source_without_a_version_has_that_of_the_package() -> None:
    assert key(Package("os", "deb", "libtinfo6", "6.4-4", source_name="ncurses"), DEBIAN) == (
        "Debian:12",
        "ncurses",
        "6.4-4",
    )


def test_a_package_that_names_no_source_is_its_own() -> None:
    assert key(Package("os", "deb", "bash", "5.2.15-2"), DEBIAN) == ("Debian:12", "bash", "5.2.15-2")


def test_a_package_of_alpine_is_matched_by_its_origin() -> None:
    package = Package("os", "apk", "libssl3", "3.1.4-r0", source_name="openssl", source_version="3.1.4-r0")
    assert key(package, ALPINE) == ("Alpine:v3.19", "openssl", "3.1.4-r0")


def test_an_rpm_is_matched_by_its_own_name_with_its_epoch() -> None:
    package = Package(
        "os", "rpm", "openssl-libs", "1:3.0.7-27.el9", source_name="openssl", source_version="3.0.7-27.el9"
    )
    assert key(package, ROCKY) == ("Rocky Linux:9", "openssl-libs", "1:3.0.7-27.el9")


def test_an_rpm_of_a_module_is_matched_in_its_stream() -> None:
    package = Package("os", "rpm", "npm", "1:10.7-1", module="nodejs:20")
    assert key(package, ROCKY) == ("Rocky Linux:9/nodejs:20", "npm", "1:10.7-1")
    assert key(replace(package, module="no label"), ROCKY) == ("Rocky Linux:9", "npm", "1:10.7-1")


@pytest.mark.parametrize(
    ("type_", "name", "version", "expected"),
    [
        ("pypi", "PyYAML", "5.3.1", ("PyPI", "pyyaml", "5.3.1")),
        ("npm", "@scope/name", "1.0.0", ("npm", "@scope/name", "1.0.0")),
        ("composer", "Symfony/Console", "v5.0.0", ("Packagist", "symfony/console", "v5.0.0")),
        ("nuget", "Newtonsoft.Json", "12.0.1", ("NuGet", "newtonsoft.json", "12.0.1")),
        ("golang", "golang.org/x/net", "v0.17.0", ("Go", "golang.org/x/net", "0.17.0")),
        ("golang", "stdlib", "go1.22.4", ("Go", "stdlib", "1.22.4")),
        ("golang", "stdlib", "1.22.4", ("Go", "stdlib", "1.22.4")),
        ("golang", "example.org/app", "(devel)", None),
        ("maven", "org.example:thing", "1.0", ("Maven", "org.example:thing", "1.0")),
        ("gem", "rails", "7.0.0", ("RubyGems", "rails", "7.0.0")),
        ("cargo", "serde", "1.0.0", ("crates.io", "serde", "1.0.0")),
        ("conan", "zlib", "1.3", None),
        ("pypi", "thing", "", None),
        ("pypi", "", "1.0", None),
    ],
)
def test_language_packages(type_: str, name: str, version: str, expected: tuple[str, str, str] | None) -> None:
    assert key(Package("language", type_, name, version), DEBIAN) == expected


@pytest.mark.parametrize(
    ("type_", "name", "os"),
    [
        ("deb", "linux-libc-dev", DEBIAN),
        ("deb", "linux-headers-6.1.0-9-amd64", DEBIAN),
        ("deb", "linux-libc-dev-amd64-cross", DEBIAN),
        ("apk", "linux-headers", ALPINE),
        ("rpm", "kernel-headers", ROCKY),
        ("rpm", "kernel-devel", ROCKY),
    ],
)
def test_headers_of_the_kernel_do_not_draw_its_flaws_unless_asked_for(
    type_: str, name: str, os: OperatingSystem
) -> None:
    package = Package("os", type_, name, "6.1.99-1", source_name="linux")
    assert components.of(package, os) is None
    assert components.of(package, os, kernel_headers=True) is not None


@pytest.mark.parametrize("name", ["linux-image-6.1.0-9-amd64", "linux-perf", "linux-pam", "kernel-core"])
def test_what_runs_is_matched(name: str) -> None:
    type_, os = ("rpm", ROCKY) if name.startswith("kernel") else ("deb", DEBIAN)
    assert components.of(Package("os", type_, name, "1.0-1"), os) is not None


def test_what_a_package_of_the_system_brought_is_not_matched_a_second_time() -> None:
    assert key(Package("language", "pypi", "requests", "2.20.0", owned=True), DEBIAN) is None


@pytest.mark.parametrize(
    ("vendor", "os", "reason"),
    [
        ("Rocky Enterprise Software Foundation", ROCKY, None),
        ("CentOS", ROCKY, None),  # a system that was moved
        ("", ROCKY, None),
        ("Docker", ROCKY, "maker"),
        ("Fedora Project", ROCKY, "maker"),  # EPEL
        ("Oracle and/or its affiliates", OperatingSystem("ol", "9.4"), "maker"),  # MySQL
        ("SUSE LLC <https://www.suse.com/>", OperatingSystem("opensuse-leap", "15.5", "openSUSE Leap 15.5"), None),
        ("Amazon Linux", OperatingSystem("amzn", "2023"), None),
        ("VMware, Inc.", OperatingSystem("photon", "5.0"), None),
    ],
)
def test_an_rpm_that_others_built_is_not_what_the_system_s_advisories_speak_of(
    vendor: str, os: OperatingSystem, reason: str | None
) -> None:
    package = Package("os", "rpm", "nodejs", "18.0-1", vendor=vendor)
    assert components.missed(package, os) == reason
    assert (components.of(package, os) is None) == (reason is not None)


@pytest.mark.parametrize("os", [None, OperatingSystem("debian", ""), OperatingSystem("plan9", "4"), ALPINE])
def test_a_package_of_a_system_that_is_not_its_own_is_matched_as_nothing(os: OperatingSystem | None) -> None:
    assert key(Package("os", "deb", "bash", "5.2.15-2"), os) is None


@pytest.mark.parametrize(
    "fields",
    [{"name": "a" * 513}, {"version": "1" * 513}, {"name": "a\x00b"}, {"name": "\udcff"}, {"source_version": "1\n2"}],
)
def test_what_can_be_no_name_is_matched_as_nothing(fields: dict[str, Any]) -> None:  # Any: fields of Package
    assert key(Package(**{"kind": "os", "type": "deb", "name": "a", "version": "1", **fields}), DEBIAN) is None
