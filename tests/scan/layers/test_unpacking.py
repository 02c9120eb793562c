"""How a layer is packed."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.failed import ScanFailed
from berth.scan.layers.limits import Limits
from berth.scan.layers.unpacking import unpacked
from tests.scan.layers.archives import GZIP, LIMITS, TAR, ZSTD, file, look, noise, opening, tar, zstd
from tests.scan.layers.readers import LANGUAGE

Pack = Callable[[bytes], bytes]
ARCHIVE = tar(file("a/package.json", b"left-pad"), file("b", noise(300_000)))


def told(data: bytes, media_type: str = TAR) -> list[str]:
    contents = look(data, LANGUAGE, media_type=media_type).contents
    return [package.name for each in contents.values() for package in each.packages]


def failure(data: bytes, media_type: str = TAR, limits: Limits = LIMITS) -> str:
    with pytest.raises(ScanFailed) as failed:
        look(data, LANGUAGE, media_type=media_type, limits=limits)
    return failed.value.code


@pytest.mark.parametrize("media_type", [TAR, GZIP, ZSTD, "application/octet-stream", ""])
def test_the_first_bytes_say_how_it_is_packed_whatever_the_media_type_says(media_type: str) -> None:
    for packed in (ARCHIVE, gzip.compress(ARCHIVE), zstd(ARCHIVE)):
        assert told(packed, media_type) == ["left-pad"]


def test_a_layer_of_no_bytes_holds_nothing() -> None:
    assert look(b"").entries == 0
    assert look(gzip.compress(b"")).entries == 0


def test_a_gzip_file_may_have_many_members_as_estargz_does() -> None:
    members = b"".join(gzip.compress(ARCHIVE[at : at + 1000]) for at in range(0, len(ARCHIVE), 1000))
    assert told(members) == ["left-pad"]
    assert told(members.replace(b"\x1f\x8b\x08", b"\0\0\x1f\x8b\x08")[2:]) == ["left-pad"], "zeros in between"


def test_a_zstd_file_may_have_many_frames_and_some_that_are_skipped() -> None:
    skipped = b"\x50\x2a\x4d\x18" + (70_000).to_bytes(4, "little") + bytes(70_000)
    half = len(ARCHIVE) // 2
    assert told(skipped + zstd(ARCHIVE[:half]) + skipped + zstd(ARCHIVE[half:])) == ["left-pad"]


@given(
    data=st.lists(st.binary(max_size=200).map(lambda piece: piece * 3000), max_size=4),
    level=st.sampled_from([1, 3, 19]),
    checksum=st.booleans(),
    sized=st.booleans(),
)
def test_zstd_gives_back_what_was_packed(data: list[bytes], level: int, *, checksum: bool, sized: bool) -> None:
    packer = zstandard.ZstdCompressor(level=level, write_checksum=checksum, write_content_size=sized)
    packed = b"".join(packer.compress(piece) for piece in data)
    if not packed:
        return
    # The archive is not looked at here.
    assert unpacked(opening(packed)(), ZSTD, LIMITS).read(10_000_000) == b"".join(data)


@given(st.lists(st.binary(max_size=100).map(lambda piece: piece * 30_000), min_size=1, max_size=4))
def test_gzip_gives_back_what_was_packed(data: list[bytes]) -> None:
    packed = b"".join(gzip.compress(piece) for piece in data)
    assert unpacked(opening(packed)(), GZIP, LIMITS).read(100_000_000) == b"".join(data)


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress])
def test_other_compressions_are_named_and_refused(pack: Pack) -> None:
    assert failure(pack(ARCHIVE)) == "UNSUPPORTED_COMPRESSION"


def test_a_compression_that_only_the_media_type_names_is_refused() -> None:
    assert failure(b"?" * 2000, TAR + "+brotli") == "UNSUPPORTED_COMPRESSION"


@pytest.mark.parametrize("media_type", [GZIP + "+encrypted", TAR + "+encrypted"])
def test_an_encrypted_layer_is_refused(media_type: str) -> None:
    assert failure(ARCHIVE, media_type) == "ENCRYPTED_LAYER"


@pytest.mark.parametrize("media_type", [TAR, GZIP, ZSTD])
def test_garbage_is_no_archive(media_type: str) -> None:
    assert failure(noise(5000), media_type) == "BAD_ARCHIVE"
    assert failure(b"x", media_type) == "BAD_ARCHIVE"


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_a_packed_layer_that_is_cut_short_is_no_archive(pack: Pack) -> None:
    packed = pack(tar(file("b", noise(3000)))[:4096])
    for length in (600, len(packed) // 2, len(packed) - 9, len(packed) - 1):
        assert failure(packed[:length]) == "BAD_ARCHIVE", length


def test_packed_bytes_that_are_damaged_are_no_archive() -> None:
    for packed in (gzip.compress(ARCHIVE), zstd(ARCHIVE)):
        assert failure(packed[:20] + bytes(20) + packed[40:]) == "BAD_ARCHIVE"


def test_what_follows_the_end_of_the_archive_is_not_unpacked() -> None:
    bomb = gzip.compress(ARCHIVE + bytes(50_000_000))
    assert look(bomb, limits=Limits(layer_bytes=5_000_000)).entries == 2


@pytest.mark.parametrize("pack", [gzip.compress, zstd, bytes])
def test_a_layer_that_unpacks_to_too_much_is_refused(pack: Pack) -> None:
    packed = pack(tar(file("big", bytes(20_000_000))))
    assert failure(packed, limits=Limits(layer_bytes=10_000_000)) == "LIMIT_LAYER_SIZE"
    assert look(packed, limits=Limits(layer_bytes=30_000_000)).entries == 1


def test_a_zstd_frame_that_looks_back_too_far_is_refused_before_memory_is_taken() -> None:
    params = zstandard.ZstdCompressionParameters(window_log=24, compression_level=1)
    packer = zstandard.ZstdCompressor(compression_params=params).compressobj()
    packed = packer.compress(tar(file("big", bytes(20_000_000)))) + packer.flush()
    assert failure(packed, limits=Limits(window_bytes=1 << 20)) == "LIMIT_MEMORY"
    assert look(packed).entries == 1


def test_a_zstd_block_that_claims_to_be_huge_is_refused() -> None:
    head = zstandard.compress(b"", 3)[:6]
    assert failure(head + (0xFFFFFC | 0).to_bytes(3, "little") + bytes(3000)) == "BAD_ARCHIVE"


@given(st.binary(max_size=3000))
def test_whatever_the_bytes_are_it_ends_with_a_result_or_a_refusal(data: bytes) -> None:
    starts = (
        b"",
        b"\x1f\x8b\x08",
        b"\x28\xb5\x2f\xfd",
        zlib.compress(data, wbits=31)[:20],
        zstandard.compress(data)[:9],
    )
    for start in starts:
        try:
            look(start + data)
        except ScanFailed as failed:
            assert failed.code in {"BAD_ARCHIVE", "UNSUPPORTED_COMPRESSION", "LIMIT_MEMORY"}  # noqa: PT017
