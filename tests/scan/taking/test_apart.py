"""The inventory of an image, taken in a process of its own."""

import gzip
import subprocess
import sys
import threading

import pytest

from berth.blobs import Readable
from berth.scan import apart
from berth.scan.apart import LayerInput, Limits, take
from berth.scan.failed import ScanFailed
from berth.scan.layers.contents import LayerContents
from tests.scan.layers.archives import GZIP, file, layer, noise, symlink, tar, zstd
from tests.scan.secrets.shapes import GITHUB, GITLAB
from tests.scan.taking.images import Blob, config, given

RELEASE = {"etc/os-release": b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian"\n'}


def status(name: str, version: str = "1") -> bytes:
    return f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n".encode()


BASE = layer(RELEASE | {"var/lib/dpkg/status": status("bash")})
UPPER = layer({"var/lib/dpkg/status": status("bash") + status("zlib1g"), "root/.env": GITHUB.encode()})


def test_it_tells_what_is_in_the_layers_and_the_config() -> None:
    taken = take([given("sha256:a", BASE), given("sha256:b", UPPER)], config(f"TOKEN={GITLAB}"))
    found = taken.inventory
    assert found.os is not None
    assert (found.os.id, found.os.version) == ("debian", "12")
    assert [(each.name, each.type, each.layer) for each in found.packages] == [
        ("bash", "deb", "sha256:b"),
        ("zlib1g", "deb", "sha256:b"),
    ]
    assert [(each.rule, each.path) for each in found.secrets] == [
        ("github-pat", "root/.env"),
        ("gitlab-pat", "config:env/TOKEN"),
    ]
    assert found.gaps == ()
    assert taken.bodies.keys() == {"sha256:a", "sha256:b"}


def test_what_was_kept_of_a_layer_spares_reading_it() -> None:
    first = take([given("sha256:a", BASE)], b"{}")
    kept = LayerInput("sha256:a", GZIP, 1, None, first.bodies["sha256:a"])
    blob = Blob(UPPER)
    again = take([kept, given("sha256:b", blob)], b"{}")
    assert again.inventory == take([given("sha256:a", BASE), given("sha256:b", UPPER)], b"{}").inventory
    assert again.bodies.keys() == {"sha256:b"}
    assert blob.closed


def test_what_was_kept_and_is_damaged_is_read_anew() -> None:
    for kept in (b"", b"damaged", gzip.compress(b"{}")):
        taken = take([given("sha256:a", BASE, cached=kept)], b"{}")
        assert [each.name for each in taken.inventory.packages] == ["bash"]
        assert taken.bodies.keys() == {"sha256:a"}
    with pytest.raises(ScanFailed, match="BLOB_MISSING"):
        take([LayerInput("sha256:a", GZIP, 1, None, b"damaged")], b"{}")


def test_a_layer_that_stands_in_an_image_twice_is_read_once() -> None:
    blob = Blob(BASE + noise(2000))
    take([given("sha256:a", blob), given("sha256:a", blob)], b"{}")
    assert blob.reads == 1


def test_an_image_without_layers_has_an_inventory() -> None:
    found = take([], b"{}").inventory
    assert [gap.code for gap in found.gaps] == ["os-unknown"]


def test_a_layer_is_read_only_as_far_as_its_archive_goes() -> None:
    blob = Blob(BASE + noise(5_000_000))
    take([given("sha256:a", blob)], b"{}")
    assert blob.reads == 1


def test_a_database_behind_a_link_is_found_even_in_a_layer_that_was_kept() -> None:
    base = gzip.compress(tar(file("opt/dpkg/status", status("bash"))))
    upper = gzip.compress(tar(symlink("var/lib/dpkg", "/opt/dpkg")))
    kept = take([given("sha256:a", base)], b"{}").bodies["sha256:a"]
    found = take([given("sha256:a", base, cached=kept), given("sha256:b", upper)], b"{}").inventory
    assert [(each.name, each.path) for each in found.packages] == [("bash", "var/lib/dpkg/status")]
    gone = LayerInput("sha256:a", GZIP, 1, None, kept)
    gaps = take([gone, given("sha256:b", upper)], b"{}").inventory.gaps
    assert [gap.code for gap in gaps] == ["os-unknown", "unread"]


def test_progress_goes_up_to_all_there_is() -> None:
    told: list[tuple[int, int]] = []
    data = tar(file("x", noise(3_000_000)))
    take([given("sha256:a", data), given("sha256:b", BASE)], b"{}", progress=lambda done, of: told.append((done, of)))
    assert told == sorted(told)
    assert {of for _, of in told} == {len(data) + len(BASE)}
    assert told[-1][0] == len(data) + len(BASE)


def test_it_ends_when_it_is_wanted_no_more() -> None:
    cancel = threading.Event()
    blob = Blob(tar(file("x", noise(20_000_000))))
    with pytest.raises(apart.Canceled):
        take([given("sha256:a", blob)], b"{}", cancel=cancel, progress=lambda *_: cancel.set())
    assert blob.closed


def gone() -> Readable:
    raise KeyError


def test_a_layer_that_is_not_there_is_told() -> None:
    for missing in (LayerInput("sha256:a", GZIP, 1, None, None), LayerInput("sha256:a", GZIP, 1, gone, None)):
        with pytest.raises(ScanFailed, match=r"BLOB_MISSING.*sha256:a"):
            take([missing], b"{}")


def fails() -> Readable:
    raise OSError("the disk is on fire")


def test_a_store_that_fails_is_no_fault_of_the_image() -> None:
    with pytest.raises(OSError, match="on fire"):
        take([LayerInput("sha256:a", GZIP, 1, fails, None)], b"{}")


@pytest.mark.parametrize(
    ("data", "media_type", "code"),
    [
        (BASE[:200], GZIP, "BAD_ARCHIVE"),
        (b"garbage" * 1000, GZIP, "BAD_ARCHIVE"),
        (b"BZh91AY&SY" * 1000, GZIP, "UNSUPPORTED_COMPRESSION"),
        (BASE, GZIP + "+encrypted", "ENCRYPTED_LAYER"),
    ],
)
def test_a_layer_that_cannot_be_read_is_named(data: bytes, media_type: str, code: str) -> None:
    with pytest.raises(ScanFailed, match="layer sha256:b") as failed:
        take([given("sha256:a", BASE), given("sha256:b", data, media_type)], b"{}")
    assert failed.value.code == code


def test_layers_packed_with_zstd_are_read() -> None:
    data = zstd(tar(file("var/lib/dpkg/status", status("bash"))))
    assert [each.name for each in take([given("sha256:a", data)], b"{}").inventory.packages] == ["bash"]


def test_limits_hold_for_all_layers_together() -> None:
    layers = [given(f"sha256:{number}", tar(file(str(number), bytes(600_000)))) for number in range(3)]
    with pytest.raises(ScanFailed, match="LIMIT_LAYER_SIZE"):
        take(layers, b"{}", limits=Limits(image_bytes=1_500_000))
    with pytest.raises(ScanFailed, match="LIMIT_ENTRIES"):
        take(layers, b"{}", limits=Limits(entries=2))


def test_what_is_kept_says_how_much_was_read() -> None:
    kept = LayerContents.from_body(take([given("sha256:a", BASE)], b"{}").bodies["sha256:a"])
    assert (kept.entries, kept.size) == (2, 3072)


def test_the_child_starts_without_what_it_does_not_need() -> None:
    heavy = ("sqlalchemy", "starlette", "structlog", "pydantic", "httpx", "alembic", "cryptography")
    program = f"import sys, berth.scan.inside; print([each for each in {heavy} if each in sys.modules])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"[]\n"
