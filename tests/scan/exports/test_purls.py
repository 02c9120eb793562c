"""Package URLs, type by type, and that none says another package than the one it is of."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from berth.scan import purls
from berth.scan.inventory import OperatingSystem, Package
from berth.words import digest
from tests.scan import reports

ALPINE = OperatingSystem("alpine", "3.19.1")
ROCKY = OperatingSystem("rocky", "9.3")
SOURCE_RPM = "&upstream=openssl-3.0.7-24.el9.src.rpm"
SID = OperatingSystem("debian", "")


def os(
    type_: str, name: str, version: str, source: str = "", source_version: str = "", arch: str = "", module: str = ""
) -> Package:
    return Package("os", type_, name, version, source, source_version, arch, module=module)


def language(type_: str, name: str, version: str) -> Package:
    return Package("language", type_, name, version)


@pytest.mark.parametrize(
    ("package", "system", "purl"),
    [
        (
            os("deb", "libc6", "2.36-9+deb12u3", "glibc", arch="amd64"),
            reports.DEBIAN,
            "pkg:deb/debian/libc6@2.36-9%2Bdeb12u3?arch=amd64&distro=debian-12&upstream=glibc",
        ),
        (
            os("deb", "bsdutils", "1:2.38.1-5+b1", "util-linux", "2.38.1-5"),
            reports.DEBIAN,
            "pkg:deb/debian/bsdutils@1:2.38.1-5%2Bb1?distro=debian-12&upstream=util-linux%402.38.1-5",
        ),
        (
            os("deb", "bash", "5.2.15-2+b13", "bash", "5.2.15-2"),
            reports.DEBIAN,
            "pkg:deb/debian/bash@5.2.15-2%2Bb13?distro=debian-12&upstream=bash%405.2.15-2",
        ),
        (os("deb", "tar", "1.34", "tar", "1.34"), SID, "pkg:deb/debian/tar@1.34?distro=debian"),
        (os("deb", "tar", "1.34"), None, "pkg:deb/tar@1.34"),
        (
            os("apk", "libcrypto1.1", "1.1.1c-r0", "openssl", "1.1.1c-r0", arch="x86_64"),
            ALPINE,
            "pkg:apk/alpine/libcrypto1.1@1.1.1c-r0?arch=x86_64&distro=alpine-3.19.1&upstream=openssl",
        ),
        (
            os("rpm", "openssl-libs", "1:3.0.7-24.el9", "openssl", "3.0.7-24.el9", arch="x86_64"),
            ROCKY,
            "pkg:rpm/rocky/openssl-libs@3.0.7-24.el9?arch=x86_64&distro=rocky-9.3&epoch=1" + SOURCE_RPM,
        ),
        (
            os("rpm", "nodejs", "18.1-1", module="nodejs:18"),
            ROCKY,
            "pkg:rpm/rocky/nodejs@18.1-1?distro=rocky-9.3&modularitylabel=nodejs:18",
        ),
        (language("pypi", "Py_YAML", "5.3.1"), reports.DEBIAN, "pkg:pypi/py-yaml@5.3.1"),
        (language("npm", "@babel/core", "7.1.0"), None, "pkg:npm/%40babel/core@7.1.0"),
        (language("npm", "lodash", "4.17.15"), None, "pkg:npm/lodash@4.17.15"),
        (language("composer", "Laravel/Framework", "5.5.0"), None, "pkg:composer/laravel/framework@5.5.0"),
        (language("golang", "github.com/Azure/go-x", "v1.2.3"), None, "pkg:golang/github.com/Azure/go-x@v1.2.3"),
        (language("golang", "stdlib", "1.21.0"), None, "pkg:golang/stdlib@1.21.0"),
        (
            language("maven", "org.apache.logging.log4j:log4j-core", "2.14.1"),
            None,
            "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
        ),
        (language("nuget", "Newtonsoft.Json", "12.0.3"), None, "pkg:nuget/Newtonsoft.Json@12.0.3"),
        (language("gem", "rails", "6.0.0"), None, "pkg:gem/rails@6.0.0"),
        (language("cargo", "serde", "1.0.0"), None, "pkg:cargo/serde@1.0.0"),
    ],
    ids=lambda value: value.name if isinstance(value, Package) else "",
)
def test_every_type_has_the_form_that_tools_expect(package: Package, system: OperatingSystem | None, purl: str) -> None:
    assert purls.of(package, system) == purl


@pytest.mark.parametrize("name", ["", " ", "/", "a/b", "../x", "\u3000"])
def test_a_name_that_no_package_url_can_say_has_none(name: str) -> None:
    assert purls.of(replace(reports.UTIL_LINUX, name=name), reports.DEBIAN) == ""


@given(reports.packages, st.one_of(st.none(), reports.systems))
def test_what_is_read_back_is_the_same_package(package: Package, system: OperatingSystem | None) -> None:
    text = purls.of(package, system)
    if not text:
        return
    assert text.isascii()
    assert text.isprintable()
    assert " " not in text
    read = PackageURL.from_string(text)
    assert read.type == package.type
    assert read.to_string() == text
    if package.type == "gem" and "\ud800" not in package.name + package.version:
        assert (read.name, read.version or "") == (package.name.strip(), package.version.strip())


def test_an_image_is_named_by_its_digest() -> None:
    of = digest.of(b"")
    assert purls.of_image("main/apps/team/Web", of) == f"pkg:oci/web@sha256%3A{of.hex}"
