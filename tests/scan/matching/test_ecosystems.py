"""From what an image says it is to the ecosystem that its packages are looked up in, and back from advisories."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan import ecosystems
from berth.scan.ecosystems import Place
from berth.scan.inventory import OperatingSystem


@pytest.mark.parametrize(
    ("id_", "version", "name", "ecosystem"),
    [
        ("debian", "12", "Debian GNU/Linux 12 (bookworm)", "Debian:12"),
        ("debian", "", "Debian GNU/Linux trixie/sid", None),
        ("ubuntu", "22.04", "Ubuntu 22.04.5 LTS", "Ubuntu:22.04:LTS"),
        ("ubuntu", "14.04", "Ubuntu 14.04.6 LTS", "Ubuntu:14.04:LTS"),
        ("ubuntu", "26.04", "Ubuntu 26.04 LTS", "Ubuntu:26.04:LTS"),
        ("ubuntu", "23.04", "Ubuntu 23.04", "Ubuntu:23.04"),
        ("ubuntu", "25.10", "Ubuntu 25.10", "Ubuntu:25.10"),
        ("alpine", "3.19.1", "Alpine Linux v3.19", "Alpine:v3.19"),
        ("alpine", "3.21.0_alpha20240807", "Alpine Linux edge", "Alpine:edge"),
        ("almalinux", "9.4", "AlmaLinux 9.4 (Seafoam Ocelot)", "AlmaLinux:9"),
        ("rocky", "8.10", "Rocky Linux 8.10 (Green Obsidian)", "Rocky Linux:8"),
        ("rhel", "9.4", "Red Hat Enterprise Linux 9.4 (Plow)", "Red Hat:enterprise_linux:9"),
        ("centos", "7", "CentOS Linux 7 (Core)", "CentOS:7"),
        ("ol", "9.4", "Oracle Linux Server 9.4", "Oracle Linux:9"),
        ("amzn", "2023", "Amazon Linux 2023.6", "Amazon Linux:2023"),
        ("amzn", "2", "Amazon Linux 2", "Amazon Linux:2"),
        ("amzn", "2018.03", "Amazon Linux AMI 2018.03", "Amazon Linux:1"),
        ("photon", "5.0", "VMware Photon OS/Linux", "Photon OS:5.0"),
        ("sles", "15.5", "SUSE Linux Enterprise Server 15 SP5", "SUSE:Linux Enterprise Server 15 SP5"),
        ("sle-micro", "5.5", "SUSE Linux Enterprise Micro 5.5", "SUSE:Linux Enterprise Micro 5.5"),
        ("opensuse-leap", "15.5", "openSUSE Leap 15.5", "openSUSE:Leap 15.5"),
        ("opensuse-tumbleweed", "20241101", "openSUSE Tumbleweed", "openSUSE:Tumbleweed"),
        ("wolfi", "20230201", "Wolfi", "Wolfi"),
        ("chainguard", "20230214", "Chainguard", "Chainguard"),
        ("arch", "", "Arch Linux", None),
        ("sles", "15.5", "SUSE " + "x" * 96, None),  # longer than there is room for
        ("debian", "twelve", "Debian", None),
        ("sles", "15.5", "Something else", None),
    ],
)
def test_the_ecosystem_of_a_system(id_: str, version: str, name: str, ecosystem: str | None) -> None:
    assert ecosystems.of(OperatingSystem(id_, version, name)) == ecosystem


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("Debian:12", Place("Debian:12", "")),
        ("Ubuntu:22.04:LTS", Place("Ubuntu:22.04:LTS", "")),
        ("Ubuntu:25.10", Place("Ubuntu:25.10", "")),
        ("Ubuntu:Pro:18.04:LTS", Place("Ubuntu:18.04:LTS", "Pro")),
        ("Ubuntu:Pro:FIPS-updates:18.04:LTS", Place("Ubuntu:18.04:LTS", "Pro:FIPS-updates")),
        ("Ubuntu:Pro:22.04:LTS:Realtime:Kernel", Place("Ubuntu:22.04:LTS", "Pro:Realtime:Kernel")),
        ("Red Hat:enterprise_linux:9::baseos", Place("Red Hat:enterprise_linux:9", "baseos")),
        ("Red Hat:enterprise_linux:10.0", Place("Red Hat:enterprise_linux:10", "")),
        ("Red Hat:rhel_aus:8.6::appstream", Place("Red Hat:rhel_aus:8.6::appstream", "")),
        ("SUSE:Linux Enterprise Module for Basesystem 15 SP5", Place("SUSE:Linux Enterprise Server 15 SP5", "")),
        ("SUSE:Linux Enterprise Server 15 SP5", Place("SUSE:Linux Enterprise Server 15 SP5", "")),
        ("PyPI", Place("PyPI", "")),
        ("Android", None),
        ("Hex", None),
        ("Ubuntu:strange", None),
    ],
)
def test_where_what_an_advisory_writes_is_kept(written: str, place: Place | None) -> None:
    assert ecosystems.placed(written) == place


@pytest.mark.parametrize(
    ("variant", "version", "applies"),
    [
        ("", "1.0-1", True),
        ("Pro", "1.0-1ubuntu1", False),
        ("Pro", "1.0-1ubuntu1+esm2", True),
        ("Pro:FIPS-updates", "1.0-1ubuntu1+esm2", False),
        ("Pro:FIPS-updates", "1.0-1ubuntu1+fips.1+esm2", True),
    ],
)
def test_what_is_said_of_ubuntu_pro_holds_for_what_is_from_there(variant: str, version: str, *, applies: bool) -> None:
    assert ecosystems.applies(variant, "Ubuntu:18.04:LTS", version) is applies


THERE = {"Alpine:v3.9", "Alpine:v3.21", "Red Hat:enterprise_linux:8", "Red Hat:enterprise_linux:9", "Debian:12"}


@pytest.mark.parametrize(
    ("ecosystem", "keys"),
    [
        ("Debian:12", ("Debian:12",)),
        ("Debian:13", ()),
        ("Alpine:edge", ("Alpine:v3.21",)),
        ("CentOS:8", ("Red Hat:enterprise_linux:8",)),
        ("CentOS:9", ()),
    ],
)
def test_where_a_component_is_looked_up_and_the_way_back(ecosystem: str, keys: tuple[str, ...]) -> None:
    assert ecosystems.looked_up(ecosystem, THERE) == keys
    assert all(ecosystem in ecosystems.reached(key, THERE) for key in keys)


def test_edge_is_itself_where_advisories_speak_of_it() -> None:
    there = THERE | {"Alpine:edge"}
    assert ecosystems.looked_up("Alpine:edge", there) == ("Alpine:edge",)
    assert ecosystems.reached("Alpine:v3.21", there) == ("Alpine:v3.21",)


@pytest.mark.parametrize(
    ("ecosystem", "name", "plain"),
    [
        ("PyPI", "Foo.Bar__baz", "foo-bar-baz"),
        ("NuGet", "Newtonsoft.Json", "newtonsoft.json"),
        ("Packagist", "Symfony/HTTP-Kernel", "symfony/http-kernel"),
        ("npm", "JSONStream", "JSONStream"),
        ("Maven", "org.Example:Thing", "org.Example:Thing"),
    ],
)
def test_names_that_are_taken_in_several_spellings(ecosystem: str, name: str, plain: str) -> None:
    assert ecosystems.plain_name(ecosystem, name) == plain


@given(st.sampled_from(["debian", "ubuntu", "alpine", "amzn", "sles", "rhel", "photon"]), st.text(), st.text())
def test_whatever_an_image_says_it_is_an_ecosystem_is_short_and_plain(id_: str, version: str, name: str) -> None:
    ecosystem = ecosystems.of(OperatingSystem(id_, version, name))
    assert ecosystem is None or (ecosystem.isprintable() and len(ecosystem) < 1_000)
