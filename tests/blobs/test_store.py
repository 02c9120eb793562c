"""What every store promises."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep

import pytest

from berth.blobs import BlobStore, UploadGone, UploadInUse, digest_of, key_of
from berth.words import digest, time
from tests.blobs import filling

MIB = 1 << 20
TICK = 0.02
"""Longer than the step of any file system's clock."""


def test_what_was_sealed_is_read_back_to_the_byte(store: BlobStore) -> None:
    content = bytes(range(256)) * 5000
    key = filling.push(store, content)
    assert filling.read(store, key) == content
    store.delete(key)


@pytest.mark.parametrize("content", [b"", b"all at once", bytes(MIB)], ids=["nothing", "little", "much"])
def test_what_was_put_at_once_is_an_object_and_no_upload(store: BlobStore, content: bytes) -> None:
    key = key_of(digest.of(content), filling.new_id())
    store.put(key, content)
    assert filling.read(store, key) == content
    assert filling.names(store) == ({key}, set())
    store.delete(key)


def test_an_empty_blob_is_a_blob(store: BlobStore) -> None:
    key = filling.push(store, b"")
    with store.open(key) as stored:
        assert stored.size == 0
        assert stored.read(0, 10) == b""
    store.delete(key)


def test_any_range_of_an_object_can_be_read(store: BlobStore) -> None:
    key = filling.push(store, b"0123456789")
    with store.open(key) as stored:
        assert stored.size == 10
        assert stored.read(3, 4) == b"3456"
        assert stored.read(8, 100) == b"89"
        assert stored.read(10, 1) == b""
        assert stored.read(99, 1) == b""
        assert stored.read(0, 0) == b""
    store.delete(key)


def test_a_key_tells_the_digest_of_its_bytes(store: BlobStore) -> None:
    key = filling.push(store, b"told")
    assert digest_of(key) == digest.of(b"told")
    store.delete(key)


@pytest.mark.parametrize("algorithm", digest.LENGTHS)
def test_every_algorithm_has_its_keys(store: BlobStore, algorithm: str) -> None:
    upload = filling.begin(store, b"x")
    key = key_of(digest.of(b"x", algorithm), upload)
    with store.append(upload) as part:
        part.seal(key)
    assert [each.name for each in store.objects()] == [key]
    store.delete(key)


def test_an_upload_grows_from_where_it_ended(store: BlobStore) -> None:
    upload = filling.begin(store, b"one")
    with store.append(upload) as part:
        assert part.offset == 3
        part.write(b"")
        part.write(memoryview(b"two"))
        assert part.offset == 6
        assert store.size(upload) == 6
    assert b"".join(store.pieces(upload)) == b"onetwo"
    store.discard(upload)


def test_the_bytes_of_an_upload_come_in_pieces_of_a_mebibyte(store: BlobStore) -> None:
    upload = filling.begin(store, bytes(2 * MIB + 5))
    assert [len(piece) for piece in store.pieces(upload)] == [MIB, MIB, 5]
    store.discard(upload)


def test_new_finds_an_upload_that_is_there(store: BlobStore) -> None:
    upload = filling.begin(store, b"there")
    with store.append(upload, new=True) as part:
        assert part.offset == 5
    store.discard(upload)


def test_an_upload_that_never_was_is_gone(store: BlobStore) -> None:
    upload = filling.new_id()
    for use in (store.append, store.size, lambda name: list(store.pieces(name))):
        with pytest.raises(UploadGone):
            use(upload)
    store.discard(upload)
    assert not list(store.uploads())


def test_a_sealed_upload_is_gone(store: BlobStore) -> None:
    key = filling.push(store, b"x")
    upload = key.partition(".")[2]
    with pytest.raises(UploadGone):
        store.append(upload)
    store.discard(upload)
    assert filling.read(store, key) == b"x"
    store.delete(key)


def test_only_one_may_append_at_a_time(store: BlobStore) -> None:
    upload = filling.new_id()
    with store.append(upload, new=True):
        for new in (False, True):
            with pytest.raises(UploadInUse):
                store.append(upload, new=new)
    with store.append(upload):
        pass
    store.discard(upload)


def test_of_many_threads_one_is_let_in(store: BlobStore) -> None:
    upload = filling.begin(store)
    together = threading.Barrier(8)

    def try_to_append(_: int) -> bool:
        together.wait()
        try:
            part = store.append(upload)
        except UploadInUse:
            together.wait()
            return False
        together.wait()
        part.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_to_append, range(8))) == 1
    store.discard(upload)


def test_a_closed_part_takes_nothing(store: BlobStore) -> None:
    upload = filling.new_id()
    part = store.append(upload, new=True)
    part.close()
    part.close()
    with pytest.raises(ValueError, match="closed"):
        part.write(b"late")
    with pytest.raises(ValueError, match="closed"):
        part.seal(key_of(digest.of(b""), upload))
    assert store.size(upload) == 0
    store.discard(upload)


def test_a_sealed_part_takes_nothing(store: BlobStore) -> None:
    upload = filling.new_id()
    key = key_of(digest.of(b""), upload)
    with store.append(upload, new=True) as part:
        part.seal(key)
        with pytest.raises(ValueError, match="closed"):
            part.write(b"late")
    assert filling.read(store, key) == b""
    store.delete(key)


def test_a_part_whose_upload_was_discarded_cannot_be_sealed(store: BlobStore) -> None:
    upload = filling.new_id()
    with store.append(upload, new=True) as part:
        store.discard(upload)
        part.write(b"in vain")
        with pytest.raises(UploadGone):
            part.seal(key_of(digest.of(b"in vain"), upload))
    assert filling.names(store) == (set(), set())


def test_a_part_cannot_seal_what_another_made_in_its_place(store: BlobStore) -> None:
    upload = filling.new_id()
    key = key_of(digest.of(b"first"), upload)
    with store.append(upload, new=True) as first:
        first.write(b"first")
        store.discard(upload)
        with store.append(upload, new=True) as second:
            second.write(b"second")
            with pytest.raises(UploadGone):
                first.seal(key)
    assert filling.names(store) == (set(), {upload})
    store.discard(upload)


def test_a_key_is_written_once(store: BlobStore) -> None:
    key = filling.push(store, b"first")
    with store.append(key.partition(".")[2], new=True) as part:
        part.write(b"second")
        with pytest.raises(FileExistsError):
            part.seal(key)
    assert filling.read(store, key) == b"first"
    store.delete(key)
    store.discard(key.partition(".")[2])


def test_an_upload_can_only_become_an_object_of_its_own(store: BlobStore) -> None:
    upload = filling.new_id()
    with store.append(upload, new=True) as part, pytest.raises(ValueError, match="not a key of"):
        part.seal(key_of(digest.of(b""), filling.new_id()))
    assert filling.names(store) == (set(), {upload})
    store.discard(upload)


def test_two_uploads_of_one_digest_are_two_objects(store: BlobStore) -> None:
    together = threading.Barrier(4)

    def push(_: int) -> str:
        upload = filling.begin(store, b"same")
        with store.append(upload) as part:
            together.wait()
            key = key_of(digest.of(b"same"), upload)
            part.seal(key)
        return key

    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(push, range(4)))
    assert filling.names(store) == (keys, set())
    gone = keys.pop()
    store.delete(gone)
    assert all(filling.read(store, key) == b"same" for key in keys)
    for key in keys:
        store.delete(key)


def test_what_is_not_there_cannot_be_opened_but_may_be_deleted(store: BlobStore) -> None:
    key = key_of(digest.of(b""), filling.new_id())
    with pytest.raises(KeyError):
        store.open(key)
    store.delete(key)


def test_a_deleted_object_is_gone(store: BlobStore) -> None:
    key = filling.push(store, b"x")
    store.delete(key)
    with pytest.raises(KeyError):
        store.open(key)
    store.delete(key)


def test_an_open_object_is_read_to_its_end_even_when_deleted(store: BlobStore) -> None:
    key = filling.push(store, b"still here")
    with store.open(key) as stored:
        store.delete(key)
        assert stored.read(0, stored.size) == b"still here"


def test_lists_tell_names_sizes_and_times(store: BlobStore) -> None:
    before = time.now() - timedelta(seconds=1)
    key = filling.push(store, b"12345")
    upload = filling.begin(store, b"123")
    (stored,), (begun,) = store.objects(), store.uploads()
    assert (stored.name, stored.size) == (key, 5)
    assert (begun.name, begun.size) == (upload, 3)
    assert before < stored.changed_at <= begun.changed_at < time.now() + timedelta(seconds=1)
    store.delete(key)
    store.discard(upload)


def test_writing_and_sealing_renew_the_time(store: BlobStore) -> None:
    """What is young is never swept, and an upload may have waited long before it was sealed."""
    upload = filling.begin(store)
    with store.append(upload) as part:
        (begun,) = store.uploads()
        sleep(TICK)
        part.write(b"x")
        (written,) = store.uploads()
        sleep(TICK)
        part.seal(key_of(digest.of(b"x"), upload))
    (sealed,) = store.objects()
    assert begun.changed_at < written.changed_at < sealed.changed_at
    store.delete(sealed.name)


def test_lists_can_be_worked_off_while_they_are_read(store: BlobStore) -> None:
    for number in range(20):
        filling.push(store, b"%d" % number)
        filling.begin(store)
    for stored in store.objects():
        store.delete(stored.name)
    for upload in store.uploads():
        store.discard(upload.name)


@pytest.mark.parametrize("key", ["../../etc/passwd", "/etc/passwd", "sha256/ab/../../../x", "", "sha256", "\0"])
def test_what_is_no_key_is_refused_everywhere(store: BlobStore, key: str) -> None:
    upload = filling.begin(store)
    for use in (store.open, store.delete, lambda name: store.link(name, 60), lambda name: store.put(name, b"")):
        with pytest.raises(ValueError, match="not a key"):
            use(key)
    with store.append(upload) as part, pytest.raises(ValueError, match="not a key"):
        part.seal(key)
    store.discard(upload)


@pytest.mark.parametrize("upload", ["../x", "/etc/passwd", "", ".", "..", "x", "\0", "{id}/..", "{id}\n", "{ID}"])
def test_what_is_no_id_is_refused_everywhere(store: BlobStore, upload: str) -> None:
    real = filling.new_id()
    tried = upload.format(id=real, ID=real.upper().replace("-", "F-", 1))
    for use in (store.append, store.size, store.discard, lambda name: list(store.pieces(name))):
        with pytest.raises(ValueError, match="not the id"):
            use(tried)
    with pytest.raises(ValueError, match="not the id"):
        store.append(tried, new=True)


def test_there_is_no_link_where_a_store_has_no_address(store: BlobStore) -> None:
    assert store.link(key_of(digest.of(b""), filling.new_id()), 60) is None


def test_a_store_that_works_says_so_and_leaves_nothing(store: BlobStore) -> None:
    store.check()
