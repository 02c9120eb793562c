"""Every store against a plain model, through random acts."""

import tempfile

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from berth.blobs import BlobStore, DiskStore, MemoryStore, Part, UploadGone, UploadInUse, digest_of, key_of
from berth.words import digest
from tests.blobs import filling

CONTENT = st.binary(max_size=100) | st.builds(bytes, st.integers(0, 1 << 17))


class Life(RuleBasedStateMachine):
    """`uploads` and `objects` are what the store must hold, `parts` what is held by somebody."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = self.open_store()
        self.uploads: dict[str, bytes] = {}
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, Part] = {}

    begun: Bundle[str] = Bundle("begun")
    keys: Bundle[str] = Bundle("keys")

    @rule(target=begun)
    def begin(self) -> str:
        upload = filling.new_id()
        self.parts[upload] = self.store.append(upload, new=True)
        self.uploads[upload] = b""
        return upload

    @rule(upload=begun)
    def hold(self, upload: str) -> None:
        if upload not in self.uploads:
            with pytest.raises(UploadGone):
                self.store.append(upload)
        elif upload in self.parts:
            with pytest.raises(UploadInUse):
                self.store.append(upload)
        else:
            self.parts[upload] = self.store.append(upload)
            assert self.parts[upload].offset == len(self.uploads[upload])

    @rule(upload=begun, data=CONTENT)
    def write(self, upload: str, data: bytes) -> None:
        if upload in self.parts:
            self.parts[upload].write(data)
            if upload in self.uploads:
                self.uploads[upload] += data
                assert self.parts[upload].offset == len(self.uploads[upload])

    @rule(upload=begun)
    def let_go(self, upload: str) -> None:
        if upload in self.parts:
            self.parts.pop(upload).close()

    @rule(target=keys, upload=begun)
    def seal(self, upload: str) -> str:
        key = key_of(digest.of(self.uploads.get(upload, b"gone")), upload)
        if upload not in self.parts:
            return key
        with self.parts.pop(upload) as part:
            if upload in self.uploads:
                part.seal(key)
                self.objects[key] = self.uploads.pop(upload)
            else:
                with pytest.raises(UploadGone):
                    part.seal(key)
        return key

    @rule(upload=begun)
    def discard(self, upload: str) -> None:
        self.store.discard(upload)
        self.uploads.pop(upload, None)

    @rule(key=keys)
    def delete(self, key: str) -> None:
        self.store.delete(key)
        self.objects.pop(key, None)

    @rule(key=keys, offset=st.integers(0, 200), count=st.integers(0, 1 << 18))
    def read(self, key: str, offset: int, count: int) -> None:
        if key not in self.objects:
            with pytest.raises(KeyError):
                self.store.open(key)
            return
        with self.store.open(key) as stored:
            assert stored.size == len(self.objects[key])
            assert stored.read(offset, count) == self.objects[key][offset : offset + count]

    @rule(upload=begun)
    def look(self, upload: str) -> None:
        if upload in self.uploads:
            assert self.store.size(upload) == len(self.uploads[upload])
            assert b"".join(self.store.pieces(upload)) == self.uploads[upload]
        else:
            with pytest.raises(UploadGone):
                self.store.size(upload)
            with pytest.raises(UploadGone):
                list(self.store.pieces(upload))

    @rule()
    def restart(self) -> None:
        self.close_parts()
        self.store = self.reopen_store()

    @invariant()
    def lists_are_exact(self) -> None:
        assert {each.name: each.size for each in self.store.uploads()} == _sizes(self.uploads)
        assert {each.name: each.size for each in self.store.objects()} == _sizes(self.objects)

    def teardown(self) -> None:
        self.close_parts()
        for key, content in self.objects.items():
            assert filling.read(self.store, key) == content
            assert digest_of(key) == digest.of(content)
        self.folder.cleanup()

    def open_store(self) -> BlobStore:
        raise NotImplementedError

    def reopen_store(self) -> BlobStore:
        """What a new process finds, where the store outlives a process."""
        return self.store

    def close_parts(self) -> None:
        for part in self.parts.values():
            part.close()
        self.parts.clear()


def _sizes(held: dict[str, bytes]) -> dict[str, int]:
    return {name: len(content) for name, content in held.items()}


class MemoryLife(Life):
    def open_store(self) -> BlobStore:
        return MemoryStore()


class DiskLife(Life):
    def open_store(self) -> BlobStore:
        return DiskStore.at(self.folder.name)

    def reopen_store(self) -> BlobStore:
        return self.open_store()


@pytest.mark.parametrize("life", [MemoryLife, DiskLife])
def test_a_store_behaves_like_a_pair_of_dicts(life: type[Life]) -> None:
    run_state_machine_as_test(life)
