"""What is kept of one layer."""

import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.failed import ScanFailed
from berth.scan.inventory import Gap, OperatingSystem
from berth.scan.layers import looking
from berth.scan.layers.contents import LayerContents
from berth.scan.layers.limits import Limits
from berth.scan.layers.paths import Keys, key
from tests.scan.layers import readers
from tests.scan.layers.archives import TAR, directory, endless, file, hardlink, look, opening, symlink, tar

STATUS = "var/lib/dpkg/status"


def names(layer: LayerContents) -> dict[str, list[str]]:
    return {path: [package.name for package in each.packages] for path, each in layer.contents.items()}


def codes(layer: LayerContents) -> list[str]:
    return [gap.code for gap in (*layer.gaps, *(gap for each in layer.contents.values() for gap in each.gaps))]


def test_a_layer_tells_of_all_files_that_somebody_wants() -> None:
    layer = look(
        tar(
            file(STATUS, b"bash zlib"),
            file("etc/os-release", b"debian 12"),
            file("etc/motd", b"hi"),
            file("x/package.json"),
        ),
        *readers.ALL,
    )
    assert names(layer) == {STATUS: ["bash", "zlib"], "etc/os-release": []}
    assert layer.contents["etc/os-release"].os == OperatingSystem("debian", "12")
    assert layer.entries == 4


def test_a_file_may_be_wanted_for_its_first_bytes() -> None:
    layer = look(tar(file("app", b"\x7fELF" + bytes(100))), *readers.ALL)
    assert layer.contents["app"].owns == ("app",)


def test_of_two_entries_with_one_path_the_last_counts() -> None:
    assert names(look(tar(file(STATUS, b"old"), file(STATUS, b"new")), *readers.ALL)) == {STATUS: ["new"]}
    for last in (
        symlink(STATUS, "x"),
        directory(STATUS),
        hardlink(STATUS, "x"),
        file("var", b""),
        symlink("var/lib", "x"),
    ):
        assert not names(look(tar(file(STATUS, b"old"), last), *readers.ALL)), last[0]


def test_whiteouts_and_opaque_directories_are_kept() -> None:
    layer = look(
        tar(file("etc/.wh.hosts"), file(".wh.bin"), file("var/.wh..wh..opq"), file(".wh..wh..opq")), *readers.ALL
    )
    assert layer.whiteouts == ("etc/hosts", "bin")
    assert layer.opaque == ("var", "")


@pytest.mark.parametrize("name", [".wh.", ".wh..", ".wh...", "a/.wh..wh.plnk", ".wh..wh.aufs"])
def test_a_whiteout_of_nothing_or_of_a_directory_above_is_none(name: str) -> None:
    layer = look(tar(file(name)))
    assert (layer.whiteouts, layer.opaque, len(layer.files)) == ((), (), 0)


def test_a_hard_link_that_is_wanted_by_its_name_is_read_though_its_file_is_not() -> None:
    store = [file("a/store/0123", b"left-pad"), hardlink("node_modules/left-pad/package.json", "a/store/0123")]
    layer = look(tar(*store), *readers.ALL)
    assert names(layer) == {"node_modules/left-pad/package.json": ["left-pad"]}
    assert [each.path for each in layer.contents["node_modules/left-pad/package.json"].packages] == [
        "node_modules/left-pad/package.json"
    ]


def test_a_file_with_many_wanted_names_is_read_once() -> None:
    links = [hardlink(f"{number}/package.json", "store") for number in range(5)]
    assert names(look(tar(file("store", b"left-pad"), *links), *readers.ALL)) == {"0/package.json": ["left-pad"]}


def test_only_hard_links_that_may_matter_are_kept() -> None:
    layer = look(
        tar(
            file("a/package.json", b"x"),
            file("b"),
            hardlink("c", "a/package.json"),
            hardlink("d", "b"),
            hardlink("e", "below"),
        ),
        *readers.ALL,
    )
    assert layer.hardlinks == {"c": "a/package.json", "e": "below"}


def test_a_file_is_read_under_the_name_that_a_link_gives_it() -> None:
    data = tar(file("opt/dpkg/status", b"bash"), file("opt/dpkg/other", b"zlib"))
    names_ = {"opt/dpkg": ("var/lib/dpkg",)}
    (found,) = looking.look_by_other_names(opening(data), TAR, readers.ALL, Limits(), names_)
    assert found[:2] == ("opt/dpkg/status", STATUS)
    assert [package.name for package in found[2].packages] == ["bash"]


def test_a_long_file_is_cut_to_what_its_reader_reads_and_that_is_told() -> None:
    layer = look(tar(file(STATUS, b"x" * 1001)), *readers.ALL)
    assert names(layer) == {STATUS: ["x" * 1000]}
    assert codes(layer) == ["truncated"]


def test_two_readers_of_one_file_both_read_it_each_to_its_limit() -> None:
    short = replace(readers.LENGTH, name="short", limit=10)
    layer = look(tar(file("a.long", b"x" * 50)), short, readers.LENGTH)
    assert [gap.text for gap in layer.contents["a.long"].gaps] == [
        "a.long has 50",
        "a.long has 10",
        "of a.long only the first 10 bytes were read",
    ]


def test_a_file_too_long_for_memory_is_read_whole_all_the_same() -> None:
    layer = look(tar(file("a.long", b"x" * 70_000)), *readers.ALL, limits=Limits(held_bytes=1000))
    assert layer.contents["a.long"].gaps == (Gap("unread", "a.long has 70000"),)


def test_a_reader_that_fails_ends_no_scan() -> None:
    layer = look(tar(file("a.broken"), file(STATUS, b"bash")), *readers.ALL)
    assert names(layer)[STATUS] == ["bash"]
    assert codes(layer) == ["damaged"]


def test_a_sparse_file_is_told_as_not_read() -> None:
    entry, _ = file(STATUS, b"bash")
    entry.pax_headers = {"GNU.sparse.major": "1"}
    assert codes(look(tar((entry, b"bash")), *readers.ALL)) == ["unread"]


def test_no_more_is_read_of_a_layer_than_may_be_and_that_is_told() -> None:
    data = tar(*(file(f"{number}/package.json", b"x" * 100) for number in range(5)))
    layer = look(data, *readers.ALL, limits=Limits(captured_bytes=300))
    assert [name for name in names(layer).values() if name] == [["x" * 100]] * 3
    assert codes(layer) == ["truncated", "truncated"]


def test_too_many_packages_links_gaps_and_secrets_are_left_out_and_that_is_told() -> None:
    token = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD3fG6"
    data = tar(
        *(file(f"{number}/package.json", b"a b") for number in range(3)),
        *(file(f"{number}.broken") for number in range(3)),
        *(symlink(f"{number}.link", "x") for number in range(3)),
        *(file(f"{number}.env", f"{token}\n{token}".encode()) for number in range(3)),
    )
    layer = look(data, *readers.ALL, limits=Limits(packages=4, gaps=2, links=2, secrets=3))
    assert sum(map(len, names(layer).values())) == 4
    assert (len(layer.symlinks), len(layer.secrets)) == (2, 3)
    assert sorted(codes(layer)) == ["damaged"] * 2 + ["truncated"] * 4


def test_secrets_are_found_in_files_that_readers_want_too() -> None:
    token = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD3fG6"
    layer = look(tar(file("a/package.json", token.encode()), file("b.env", b"\n" + token.encode())), *readers.ALL)
    assert [(each.path, each.line) for each in layer.secrets] == [("a/package.json", 1), ("b.env", 2)]


def test_what_is_kept_of_a_layer_comes_back_the_same() -> None:
    token = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD3fG6"
    layer = look(
        tar(
            file(STATUS, b"bash /usr/lib/x"),
            file("etc/os-release", b"debian 12"),
            file("a.broken"),
            file("../x"),
            file(".wh.x"),
            file("y/.wh..wh..opq"),
            symlink("l", "\udcff/é"),
            hardlink("h", STATUS),
            directory("d"),
            file("s.env", token.encode()),
        ),
        *readers.ALL,
    )
    assert LayerContents.from_body(layer.to_body()) == layer
    assert json.loads(zlib.decompress(layer.to_body()))["entries"] == 10


@given(st.lists(st.text(max_size=20)), st.text(max_size=20))
def test_keys_know_the_paths_they_were_made_of_and_no_others(paths: list[str], other: str) -> None:
    paths = [path for path in paths if path.isprintable()]
    keys = Keys()
    for path in paths:
        keys.add(path)
    again = Keys.from_text(keys.to_text())
    assert set(again) == set(keys)
    assert all(key(path) in set(again) for path in paths)
    assert not other.isprintable() or (key(other) in set(again)) == (other in paths)


def test_extended_headers_are_refused_before_they_are_read() -> None:
    def pieces() -> object:
        entry, _ = file("x")
        entry.type, entry.size = b"x", 200 << 20
        yield entry.tobuf()
        raise AssertionError("more than the header was read")

    with pytest.raises(ScanFailed, match="BAD_ARCHIVE"):
        looking.look(endless(pieces()), TAR, (), Limits())  # type: ignore[arg-type]  # a generator
