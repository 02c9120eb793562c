"""Layers laid over each other."""

import pytest

from berth.scan import taking
from berth.scan.failed import ScanFailed
from berth.scan.inventory import Gap, OperatingSystem
from berth.scan.layers.limits import Limits
from tests.scan.layers.archives import directory, file, hardlink, look, symlink, tar
from tests.scan.layers.readers import ALL
from tests.scan.secrets.shapes import GITHUB, GITLAB
from tests.scan.taking.images import Entry, config, inventory, packages

STATUS = "var/lib/dpkg/status"
APP = "app/package.json"


def test_the_last_layer_that_has_a_file_says_what_is_in_it() -> None:
    assert packages([file(STATUS, b"old")], [file(STATUS, b"new")], [file("x")]) == [("new", STATUS, "1")]


@pytest.mark.parametrize("name", ["app/.wh.package.json", ".wh.app", "app/.wh..wh..opq", ".wh..wh..opq"])
def test_a_whiteout_hides_what_lies_below(name: str) -> None:
    assert packages([file(APP, b"x")], [file(name)]) == []


@pytest.mark.parametrize("name", ["app/.wh.package", "app/x/.wh..wh..opq", ".wh.ap", "ap/.wh..wh..opq", "app/.wh."])
def test_a_whiteout_hides_nothing_else(name: str) -> None:
    assert packages([file(APP, b"x")], [file(name)]) == [("x", APP, "0")]


@pytest.mark.parametrize("name", ["app/.wh.package.json", ".wh.app", "app/.wh..wh..opq"])
def test_a_whiteout_hides_nothing_of_its_own_layer(name: str) -> None:
    for layer in ([file(name), file(APP, b"new")], [file(APP, b"new"), file(name)]):
        assert packages([file(APP, b"old")], layer) == [("new", APP, "1")]


def test_what_was_whited_out_may_come_again() -> None:
    assert packages([file(APP, b"a")], [file(".wh.app")], [file(APP, b"b")]) == [("b", APP, "2")]


@pytest.mark.parametrize(
    "entry",
    [file(APP, b""), file("app"), symlink("app", "x"), symlink(APP, "x"), directory(APP), hardlink(APP, "gone")],
)
def test_an_entry_hides_the_file_at_its_path_and_what_lay_below_it(entry: Entry) -> None:
    assert packages([file(APP, b"x")], [entry]) == []


def test_a_directory_hides_nothing_that_lies_below_it() -> None:
    assert packages([file(APP, b"x")], [directory("app")]) == [("x", APP, "0")]


def test_a_file_below_a_linked_directory_is_where_the_link_leads() -> None:
    base = [symlink("srv", "data/srv"), file("data/srv/package.json", b"old")]
    assert packages(base, [file("srv/package.json", b"new")]) == [("new", "data/srv/package.json", "1")]
    assert packages(base, [file("srv/.wh.package.json")]) == []


def test_a_directory_in_the_place_of_a_link_is_one_of_its_own() -> None:
    base = [symlink("srv", "data/srv"), file("data/srv/package.json", b"old")]
    upper = [directory("srv"), file("srv/.wh..wh..opq"), file("srv/package.json", b"new")]
    assert packages(base, upper) == [("new", "srv/package.json", "1"), ("old", "data/srv/package.json", "0")]


def test_a_file_with_two_names_is_told_once() -> None:
    two = [file(APP, b"x"), hardlink("b/package.json", APP)]
    assert packages(two) == [("x", APP, "0")]
    assert packages(two, [file(".wh.app")]) == [("x", "b/package.json", "0")]
    assert packages(two, [file(".wh.app"), file(".wh.b")]) == []


def test_a_hard_link_may_name_a_file_of_a_lower_layer() -> None:
    assert packages([file(APP, b"x")], [hardlink("b/package.json", APP)], [file(".wh.app")]) == [
        ("x", "b/package.json", "0")
    ]


@pytest.mark.parametrize(
    "links",
    [
        [symlink("var/lib/dpkg/status", "/opt/dpkg/status")],
        [symlink("var/lib/dpkg/status", "../../../opt/dpkg/status")],
        [symlink("var/lib/dpkg", "/opt/dpkg")],
        [symlink("var/lib", "/o"), symlink("o", "opt")],
        [symlink("var/lib/dpkg", "first"), symlink("var/lib/first", "second"), symlink("var/lib/second", "/opt/dpkg")],
        [hardlink("var/lib/dpkg/status", "opt/dpkg/status")],
    ],
)
def test_a_package_database_is_found_by_whatever_links_lead_to_it(links: list[Entry]) -> None:
    database = [file("opt/dpkg/status", b"bash")]
    for layers in ([database, links], [[*database, *links]]):
        found = packages(*layers)
        assert [name for name, _, _ in found] == ["bash"], layers


def test_a_link_may_come_before_what_it_leads_to() -> None:
    database, link = file("opt/dpkg/status", b"bash"), symlink("var/lib/dpkg", "/opt/dpkg")
    assert packages([link], [database]) == [("bash", STATUS, "1")]
    assert packages([link, database]) == [("bash", STATUS, "0")]


def test_a_linked_database_that_is_whited_out_is_gone() -> None:
    linked = [file("opt/dpkg/status", b"bash"), symlink("var/lib/dpkg", "/opt/dpkg")]
    assert packages(linked, [file("opt/.wh.dpkg")]) == []
    assert packages(linked, [file("var/lib/.wh.dpkg")]) == []
    assert packages(linked, [file("opt/dpkg/status", b"zlib")]) == [("zlib", STATUS, "1")]


@pytest.mark.parametrize(
    "target",
    ["/etc/passwd", "../../../../../../../etc/passwd", "/proc/self/mem", "/dev/zero", "status", "../dpkg/status", "."],
)
def test_a_link_to_a_file_of_the_host_or_to_itself_leads_nowhere(target: str) -> None:
    assert packages([symlink(STATUS, target)], [symlink("a", "b"), symlink("b", "a")]) == []


def test_links_are_followed_so_far_and_no_farther() -> None:
    def chain(length: int) -> list[Entry]:
        steps = [symlink(f"l{number}", f"l{number + 1}") for number in range(1, length)]
        return [symlink(STATUS, "/l1"), *steps, file(f"l{length}", b"bash")]

    assert packages(chain(15)) == [("bash", STATUS, "0")]
    assert packages(chain(17)) == []


ETC, USR = "etc/os-release", "usr/lib/os-release"


@pytest.mark.parametrize(
    ("entries", "system"),
    [
        ([file(ETC, b"debian 12")], "debian"),
        ([file(USR, b"alpine 3.19")], "alpine"),
        ([file(USR, b"alpine 3.19"), file(ETC, b"debian 12")], "debian"),
        ([file(USR, b"alpine 3.19"), symlink(ETC, "../usr/lib/os-release")], "alpine"),
        ([file("opt/release", b"alpine 3.19"), symlink(ETC, "/opt/release")], "alpine"),
        ([file("opt/release", b"alpine 3.19"), symlink(USR, "/opt/release"), symlink(ETC, "../" + USR)], "alpine"),
        ([file(USR, b"alpine 3.19"), symlink(ETC, "/etc/passwd")], "alpine"),
    ],
)
def test_the_system_is_what_os_release_says(entries: list[Entry], system: str) -> None:
    found = inventory(tar(*entries))
    assert found.os is not None
    assert found.os.id == system
    assert "os-unknown" not in {gap.code for gap in found.gaps}


def test_an_unknown_system_is_told() -> None:
    assert [gap.code for gap in inventory(tar(file("x"))).gaps] == ["os-unknown"]
    assert [gap.code for gap in inventory().gaps] == ["os-unknown"]
    assert [gap.code for gap in inventory(tar(file(ETC, b"haiku 1"))).gaps] == ["os-unknown"]


@pytest.mark.parametrize("upper", [[file("var/lib/.wh.dpkg")], [file(STATUS, b"")]])
def test_a_system_whose_package_database_was_taken_away_is_told(upper: list[Entry]) -> None:
    base = [file(ETC, b"debian 12"), file(STATUS, b"bash"), file(APP, b"x")]
    assert inventory(tar(*base)).gaps == ()
    (gap,) = inventory(tar(*base), tar(*upper)).gaps
    assert gap == Gap("os-no-packages", "No package of debian 12 was found: its database (deb) is missing or empty.")


def test_packages_of_another_system_are_no_database_of_this_one() -> None:
    assert [gap.code for gap in inventory(tar(file(ETC, b"alpine 3.19"), file(STATUS, b"x"))).gaps] == [
        "os-no-packages"
    ]


def test_language_packages_that_belong_to_packages_of_the_system_are_marked() -> None:
    found = inventory(
        tar(
            file("usr/lib/a/package.json", b"left"),
            file("usr/lib/b/package.json", b"right"),
            file("usr/lib/c/package.json", b"lost"),
            symlink("lib", "usr/lib"),
        ),
        tar(file(STATUS, b"node /usr/lib/a/package.json /lib/b/package.json /usr/lib/x")),
    )
    assert {package.name: package.owned for package in found.packages} == {
        "node": False,
        "left": True,
        "right": True,
        "lost": False,
    }


def test_what_a_package_that_is_gone_owned_is_no_longer_owned() -> None:
    found = inventory(
        tar(file(STATUS, b"node /a/package.json"), file("a/package.json", b"left")), tar(file("var/.wh.lib"))
    )
    assert [(package.name, package.owned) for package in found.packages] == [("left", False)]


def secrets(*layers: list[Entry], config: bytes = b"{}") -> list[tuple[str, str, bool]]:
    made = [tar(*layer) for layer in layers]
    return [(each.path, each.layer, each.deleted_later) for each in inventory(*made, config=config).secrets]


def test_a_secret_that_a_later_layer_deletes_is_still_told() -> None:
    secret = file("root/.env", GITHUB.encode())
    assert secrets([secret]) == [("root/.env", "0", False)]
    for later in (file("root/.wh..env"), file(".wh.root"), file("root/.env", b"gone"), symlink("root", "x")):
        assert secrets([secret], [later]) == [("root/.env", "0", True)], later[0]


def test_a_secret_that_is_copied_up_is_told_once_of_the_layer_it_came_in_with() -> None:
    secret = file("root/.env", GITHUB.encode())
    assert secrets([secret], [secret]) == [("root/.env", "0", False)]
    assert secrets([secret], [secret], [file(".wh.root")]) == [("root/.env", "0", True)]
    assert secrets([secret], [file(".wh.root")], [secret]) == [("root/.env", "0", False)]


def test_a_secret_of_the_config_is_told_with_those_of_the_files() -> None:
    assert secrets([file("x.env", GITHUB.encode())], config=config(f"T={GITLAB}")) == [
        ("x.env", "0", False),
        ("config:env/T", "", False),
    ]


def test_what_a_layer_did_not_tell_is_told_with_its_name() -> None:
    gaps = inventory(tar(file("../x"), file("a.broken"), file("b.broken")), tar(file(".wh.b.broken"))).gaps
    assert [gap.code for gap in gaps] == ["os-unknown", "damaged", "damaged"]
    assert gaps[1].text.startswith("layer 0: 1 names")
    assert gaps[2].text.startswith("a.broken cannot be read as breaks")


def test_packages_secrets_and_gaps_beyond_a_limit_are_left_out_and_that_is_told() -> None:
    layers = [
        tar(
            file(f"{number}/package.json", b"a b"),
            file(f"{number}.broken"),
            file(f"{number}.env", f"{GITHUB}\n{GITLAB}".encode()),
            file(ETC, b"debian 12"),
        )
        for number in range(4)
    ]
    found = inventory(*layers, limits=Limits(packages=5, secrets=3, gaps=2))
    assert (len(found.packages), len(found.secrets)) == (5, 3)
    assert [gap.text for gap in found.gaps if gap.code == "truncated"] == [
        "The image has more than 5 packages, the rest was left out.",
        "The image has more than 3 secrets, the rest was left out.",
        "and 2 more like these",
    ]


def test_layers_that_are_too_much_together_are_refused() -> None:
    limits = Limits(entries=10, image_bytes=1000)
    taking.check(10, 1000, limits)
    for entries, size, code in ((11, 0, "LIMIT_ENTRIES"), (0, 1001, "LIMIT_LAYER_SIZE")):
        with pytest.raises(ScanFailed, match=code):
            taking.check(entries, size, limits)


def test_nothing_of_an_image_can_steer_a_terminal() -> None:
    name = "a\x1b[2J\u202e\r\n"
    found = inventory(
        tar(file(f"{name}/package.json", b"x\x07y"), file(f"{name}.env", GITHUB.encode()), file(f"{name}.broken"))
    )
    for text in (
        found.packages[0].name,
        found.packages[0].path,
        found.secrets[0].path,
        *(gap.text for gap in found.gaps),
    ):
        assert text.isprintable()
    assert found.packages[0].path.startswith("a\ufffd[2J\ufffd\ufffd\ufffd")


def test_only_layers_that_have_it_are_read_again_for_a_linked_file() -> None:
    layer = look(tar(file("opt/status")), *ALL)
    assert taking.hold_any(layer, ["opt/status"])
    assert not taking.hold_any(layer, ["opt/other"])


def test_a_system_with_linked_directories_needs_no_second_reading() -> None:
    merged = [
        symlink("lib", "usr/lib"),
        symlink("bin", "usr/bin"),
        file("usr/lib/os-release", b"debian 12"),
        file(STATUS, b"bash"),
    ]
    layer = taking.Layer("0", look(tar(*merged, symlink("etc/os-release", "../usr/lib/os-release")), *ALL))
    names = taking.other_names([layer], Limits())
    assert not taking.hold_any(layer.contents, names)


def test_the_system_and_its_gap_fit_the_shared_words() -> None:
    found = inventory(tar(file(ETC, b"debian 12"), file(STATUS, b"bash")), config=b"?")
    assert found.os == OperatingSystem("debian", "12", eol_on=found.os.eol_on if found.os else None)
    assert found.gaps == (Gap("damaged", "The image's config is no JSON and was not searched for secrets."),)
