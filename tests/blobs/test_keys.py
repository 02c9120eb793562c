import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.blobs import keys
from berth.words.digest import LENGTHS, Digest

HEX = "0123456789abcdef"
DIGESTS = st.sampled_from(sorted(LENGTHS.items())).flatmap(
    lambda each: st.text(HEX, min_size=each[1], max_size=each[1]).map(lambda text: Digest(each[0], text))
)
IDS = st.uuids().map(str)
REAL = keys.key_of(Digest("sha256", "ab" * 32), "3f0c0d8e-0d3b-4c8e-9a53-0c6d3f6f9d11")


@given(DIGESTS, IDS)
def test_a_key_tells_its_digest_and_its_upload(digest: Digest, upload: str) -> None:
    key = keys.key_of(digest, upload)
    assert keys.is_key(key)
    assert keys.digest_of(key) == digest
    keys.check_key(key, upload=upload)


@given(DIGESTS, IDS, IDS)
def test_a_key_belongs_to_one_upload(digest: Digest, upload: str, other: str) -> None:
    if upload != other:
        with pytest.raises(ValueError, match="not a key of"):
            keys.check_key(keys.key_of(digest, upload), upload=other)


@given(st.text() | st.from_regex(r"(sha256|sha512|\.\.)/[0-9a-f./]{2}/[0-9a-f./]{60,70}\.[0-9a-f./-]{34,38}"))
def test_nothing_that_passes_for_a_key_can_leave_a_folder(text: str) -> None:
    if keys.is_key(text):
        assert text.count("/") == 2
        assert ".." not in text
        assert text.isascii()
        assert text.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        REAL + "\n",
        " " + REAL,
        "/" + REAL,
        REAL.upper(),
        REAL.replace("sha256", "sha1"),
        REAL.replace("sha256", "sha512"),
        REAL.replace("/ab/", "/cd/"),
        REAL.replace("/ab/", "/../"),
        REAL.replace("-", ""),
        REAL.removesuffix("1"),
        REAL + "/..",
        "../blobs/" + REAL,
        REAL.replace("3f", "3\N{ARABIC-INDIC DIGIT FIVE}"),
    ],
)
def test_what_is_almost_a_key_is_none(text: str) -> None:
    assert not keys.is_key(text)
    with pytest.raises(ValueError, match="not a key"):
        keys.digest_of(text)
