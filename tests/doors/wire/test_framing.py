import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.doors.wire import framing
from berth.doors.wire.framing import Body, Chunked, Malformed, Sized
from tests.doors.wire.serving import chunked

BODY = b"the quick brown fox jumps over the lazy dog"
NEXT = b"GET / HTTP/1.1\r\n\r\n"


def taken(body: Body, *pieces: bytes) -> tuple[bytes, bytes]:
    """Feed a body piece by piece; answer its payload, and the bytes it left."""
    payload, rest = b"", b""
    for piece in pieces:
        raw = bytearray(piece)
        kept, used = body.take(raw, len(raw))
        payload += raw[:kept]
        rest += piece[used:]
    return payload, rest


def test_a_sized_body_ends_at_its_length() -> None:
    body = Sized(len(BODY))
    assert taken(body, BODY + NEXT) == (BODY, NEXT)
    assert body.complete


@pytest.mark.parametrize("size", [1, 2, 7, 16, 100])
@pytest.mark.parametrize("extension", [b"", b";a", b' ; name="quoted; value"'])
@pytest.mark.parametrize("trailer", [b"", b"Digest: x\r\n", b"A: 1\r\nB:\r\n"])
def test_a_chunked_body_may_be_cut_at_every_byte(size: int, extension: bytes, trailer: bytes) -> None:
    raw = chunked(BODY, size, extension=extension, trailer=trailer) + NEXT
    for cut in range(len(raw) + 1):
        body = Chunked()
        assert taken(body, raw[:cut], raw[cut:]) == (BODY, NEXT), cut
        assert body.complete


def test_a_chunked_body_may_come_byte_by_byte() -> None:
    raw = chunked(BODY, 5, trailer=b"A: 1\r\n") + NEXT
    body = Chunked()
    assert taken(body, *[bytes([byte]) for byte in raw]) == (BODY, NEXT)


@given(st.binary(max_size=3000), st.integers(1, 400), st.lists(st.integers(1, 700), max_size=20))
def test_cuts_never_change_a_chunked_body(content: bytes, size: int, cuts: list[int]) -> None:
    raw, pieces = chunked(content, size) + NEXT, []
    for cut in cuts:
        pieces.append(raw[:cut])
        raw = raw[cut:]
    body = Chunked()
    assert taken(body, *pieces, raw) == (content, NEXT)
    assert body.complete


@pytest.mark.parametrize("cut", range(len(chunked(BODY, 5))))
def test_a_chunked_body_is_incomplete_before_its_last_byte(cut: int) -> None:
    body = Chunked()
    taken(body, chunked(BODY, 5)[:cut])
    assert not body.complete


@pytest.mark.parametrize(
    "raw",
    [
        b"x\r\n",
        b"\r\n",
        b"-1\r\n",
        b"+1\r\n",
        b"0x1\r\na\r\n",
        b"1_0\r\n",
        b" 1\r\na\r\n",
        b"1 \r\na\r\n",
        b"1\na\n0\n\n",
        b"1\ra\r\n0\r\n\r\n",
        b"1\r\nab\r\n0\r\n\r\n",
        b"1\r\na\n0\r\n\r\n",
        b"1\r\na0\r\n\r\n",
        b"f" * 16 + b"\r\n",
        b"1;a\x00\r\na\r\n",
        b"1;" + b"a" * framing.LONGEST_LINE,
        b"0\r\nno colon\r\n\r\n",
        b"0\r\nbad name : x\r\n\r\n",
        b"0\r\n folded: x\r\n\r\n",
        b"0\r\n" + b"A: " + b"b" * 3000 + b"\r\n" + (b"A: " + b"b" * 3000 + b"\r\n") * 6,
    ],
)
def test_what_breaks_the_rules_is_refused_however_it_is_cut(raw: bytes) -> None:
    with pytest.raises(Malformed):
        taken(Chunked(), raw)
    with pytest.raises(Malformed):
        taken(Chunked(), *[bytes([byte]) for byte in raw])


def test_the_head_tells_the_framing() -> None:
    assert framing.of([(b"host", b"a")]) is None
    assert framing.of([(b"content-length", b"0")]) is None
    assert isinstance(framing.of([(b"transfer-encoding", b"Chunked ")]), Chunked)
    sized = framing.of([(b"content-length", b"12")])
    assert sized is not None
    assert sized.left == 12


@pytest.mark.parametrize(
    "header",
    [
        (b"transfer-encoding", b"gzip, chunked"),
        (b"transfer-encoding", b"identity"),
        (b"content-length", b"1e3"),
        (b"content-length", b"-1"),
        (b"content-length", b"9" * 30),
    ],
)
def test_a_framing_that_cannot_be_followed_is_refused(header: tuple[bytes, bytes]) -> None:
    with pytest.raises(Malformed):
        framing.of([header])
