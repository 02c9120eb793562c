"""Pushing, naming, deleting, mounting, sweeping and crashing at random, beside a plain model of what there is.

What a tag reaches can always be read, every byte of it; and what nothing reaches does not stay.
"""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from berth.blobs import BlobStore, DiskStore, MemoryStore
from berth.db import Database
from berth.db.tables import image_blob, manifest, manifest_body
from berth.db.tables import tag as tag_rows
from berth.registry import blobs, images, manifests, sweep, tags, trash, uploads
from berth.registry.uploads import Upload
from berth.settings import Settings
from berth.site import Site
from berth.words import digest, time
from berth.words.errors import (
    BlobHeld,
    BlobUnknown,
    ManifestReferenced,
    ManifestUnknown,
    PartsMissing,
    ReferrerHeld,
    TagInUse,
    Unrestorable,
    UploadUnknown,
)
from tests import databases, documents, make
from tests.documents import Document
from tests.make import ACTOR, Target
from tests.registry import acts, pulling, space
from tests.sites import Clock

PATHS = ("main/apps/web", "main/more/web")
CONTENTS = (b"{}", b"1", b"22", b"333")
STEPS = 80
TRASH_DAYS = 3

image = st.sampled_from(PATHS)
content = st.sampled_from(CONTENTS)
name = st.sampled_from(["v1", "v2"])
names = st.none() | name


@dataclass
class Model:
    """What an image must have: blobs with the beginning of their grace, manifests and names by digest."""

    holds: dict[str, datetime] = field(default_factory=dict)
    manifests: dict[str, Document] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def needed(self) -> set[str]:
        return {blob for document in self.manifests.values() for blob in blobs_of(document)}

    def parents(self, child: str) -> set[str]:
        return {parent for parent, document in self.manifests.items() if child in children_of(document)}

    def going(self, deleted: str) -> set[str]:
        """A digest with all that refers to it."""
        going: set[str] = set()
        waiting = {deleted}
        while waiting:
            going |= waiting
            waiting = {each for each, document in self.manifests.items() if subject_of(document) in waiting} - going
        return going

    def reached(self, top: str) -> set[str]:
        document = self.manifests[top]
        children = (self.reached(child) for child in children_of(document))
        return {top, *blobs_of(document)}.union(*children)


def blobs_of(document: Document) -> set[str]:
    fields = document.fields
    parts = [fields["config"], *fields["layers"]] if "config" in fields else []
    return {part["digest"] for part in parts}


def children_of(document: Document) -> set[str]:
    return {part["digest"] for part in document.fields.get("manifests", [])}


def subject_of(document: Document) -> str | None:
    subject: dict[str, Any] = document.fields.get("subject", {})  # Any: a JSON object
    return subject.get("digest")


class Space(RuleBasedStateMachine):
    site: Site

    documents: Bundle[Document] = Bundle("documents")

    @initialize(target=documents)
    def begin(self) -> Document:
        self.rest = contextlib.ExitStack()
        self.folder = Path(self.rest.enter_context(tempfile.TemporaryDirectory()))
        self.url = self.database()
        self.store = self.open_store()
        self.clock = Clock()
        self.clock.at = time.now()
        self.open()
        self.models = {path: Model() for path in PATHS}
        self.unfinished: list[tuple[Upload, bytes, datetime]] = []
        for path in PATHS:
            for each in (b"{}", b"1"):
                self.push_blob(path, each)
            first = self.push(path, documents.manifest(b"{}", [b"1"]), "v1")
        return first

    @rule(path=image, pushed=content)
    def push_blob(self, path: str, pushed: bytes) -> None:
        made = make.blob(self.target(path), pushed)
        self.models[path].holds[str(made)] = self.clock()

    @rule(target=documents, path=image, layers=st.lists(content, max_size=3), tag=names, blobs_first=st.booleans())
    def push_image(self, path: str, layers: list[bytes], tag: str | None, *, blobs_first: bool) -> Document:
        for each in (b"{}", *layers) if blobs_first else ():
            self.push_blob(path, each)
        return self.push(path, documents.manifest(b"{}", layers), tag)

    @precondition(lambda self: self.there())
    @rule(target=documents, data=st.data(), tag=names)
    def push_index(self, data: st.DataObject, tag: str | None) -> Document:
        path, child = data.draw(st.sampled_from(self.there()))
        others = data.draw(st.lists(st.sampled_from(list(self.models[path].manifests.values())), max_size=2))
        return self.push(path, documents.index([child, *others]), tag)

    @precondition(lambda self: self.there())
    @rule(target=documents, data=st.data(), tag=names)
    def push_referrer(self, data: st.DataObject, tag: str | None) -> Document:
        path, subject = data.draw(st.sampled_from(self.there()))
        self.push_blob(path, b"{}")
        return self.push(path, documents.artifact(subject, "application/vnd.example.signature"), tag)

    @rule(path=image, document=documents, tag=names)
    def push_what_was_pushed_somewhere(self, path: str, document: Document, tag: str | None) -> None:
        self.push(path, document, tag)

    @precondition(lambda self: self.there())
    @rule(data=st.data(), tag=name)
    def point_a_tag_at(self, data: st.DataObject, tag: str) -> None:
        self.push(*data.draw(st.sampled_from(self.there())), tag)

    @rule(path=image, tag=name)
    def untag(self, path: str, tag: str) -> None:
        with self.expected(ManifestUnknown if tag not in self.models[path].tags else None):
            with self.site.db.write() as tx:
                tags.remove(tx, self.target(path).for_push(tx), tag, ACTOR, at=self.clock())
            del self.models[path].tags[tag]

    @precondition(lambda self: self.there())
    @rule(data=st.data(), untag_first=st.booleans(), days=st.sampled_from([0, TRASH_DAYS]))
    def delete(self, data: st.DataObject, days: int, *, untag_first: bool) -> None:
        path, document = data.draw(st.sampled_from(self.there()))
        named = [tag for tag, top in self.models[path].tags.items() if top == document.digest]
        for tag in named if untag_first else ():
            self.untag(path, tag)
        self.delete_what_may_be_missing(path, document, days)

    @rule(path=image, document=documents, days=st.sampled_from([0, TRASH_DAYS]))
    def delete_what_may_be_missing(self, path: str, document: Document, days: int) -> None:
        """For good, or into the trash."""
        model, keep = self.models[path], timedelta(days=days)
        with self.expected(_refusal_to_delete(model, document.digest)):
            with self.site.db.write() as tx:
                found = self.target(path).for_push(tx)
                manifests.remove(tx, found, digest.parse(document.digest), ACTOR, at=self.clock(), keep=keep)
            for gone in model.going(document.digest):
                del model.manifests[gone]
            model.tags = {tag: top for tag, top in model.tags.items() if top in model.manifests}

    @rule(path=image, data=st.data())
    def restore(self, path: str, data: st.DataObject) -> None:
        """What comes back with it is the business of other tests; here it must have all its bytes."""
        trashed = acts.in_trash(self.target(path))
        if not trashed:
            return
        with contextlib.suppress(Unrestorable, TagInUse):
            acts.restore(self.target(path), data.draw(st.sampled_from(trashed)))
            self.models[path] = _model_of(self.target(path))
            self.nothing_that_is_needed_has_gone()

    @rule(path=image, deleted=content)
    def delete_blob(self, path: str, deleted: bytes) -> None:
        model, known = self.models[path], str(digest.of(deleted))
        refusal = BlobUnknown if known not in model.holds else BlobHeld if known in model.needed() else None
        with self.expected(refusal):
            with self.site.db.write() as tx:
                blobs.remove(tx, self.target(path).for_push(tx), digest.of(deleted), ACTOR, at=self.clock())
            del model.holds[known]

    @rule(path=image, source=image, mounted=content)
    def mount(self, path: str, source: str, mounted: bytes) -> None:
        known = str(digest.of(mounted))
        with self.expected(BlobUnknown if known not in self.models[source].holds else None):
            with self.site.db.write() as tx:
                origin = self.target(source)
                held = images.holding(tx, origin.place, origin.path)
                blobs.mount(tx, self.target(path).for_push(tx), held, digest.of(mounted), at=self.clock())
            self.models[path].holds[known] = self.clock()

    @rule(path=image, asked=content)
    def head(self, path: str, asked: bytes) -> None:
        model, known = self.models[path], str(digest.of(asked))
        with self.expected(BlobUnknown if known not in model.holds else None):
            with self.site.db.write() as tx:
                found = self.target(path).for_push(tx)
                blobs.renew(tx, found.id, digest.of(asked), at=self.clock())
            if model.holds[known] < self.clock() - blobs.RENEW:
                model.holds[known] = self.clock()

    @rule(path=image, begun=content)
    def begin_upload(self, path: str, begun: bytes) -> None:
        upload = make.begun(self.target(path))
        with self.site.blobs.append(upload.id, new=True) as part:
            part.write(begun[:1])
        self.unfinished.append((upload, begun, self.clock()))

    @rule(data=st.data())
    def finish_upload(self, data: st.DataObject) -> None:
        if not self.unfinished:
            return
        begun = data.draw(st.sampled_from(self.unfinished))
        upload, whole, since = begun
        self.unfinished.remove(begun)
        with self.expected(UploadUnknown if self.clock() - since >= timedelta(hours=24) else None):
            with self.site.db.read() as tx:
                uploads.find(tx, self.site, upload.place, upload.path, upload.id)
            with self.site.blobs.append(upload.id, new=True) as part:
                part.write(whole[1:])
                uploads.finish(self.site, upload, part, digest.of(whole), None, ACTOR)
            self.models[str(upload.path)].holds[str(digest.of(whole))] = self.clock()

    @rule(hours=st.sampled_from([0, 0.5, 12, 25, 47, 49]))
    def sweep(self, hours: float) -> None:
        """After some time, and after the trash."""
        self.clock.forward(hours=hours)
        trash.purge.run(self.site)
        sweep.once(self.site)
        for model in self.models.values():
            old = self.clock() - timedelta(hours=48)
            needed = model.needed()
            model.holds = {each: at for each, at in model.holds.items() if at >= old or each in needed}
        self.nothing_that_is_needed_has_gone()

    @rule(left=content, sealed=st.booleans())
    def crash(self, left: bytes, *, sealed: bool) -> None:
        """Before the rows of an upload, or after the rows of a blob that went: both leave bytes alone."""
        leave = space.leave_object if sealed else space.leave_upload
        leave(self.site, left)
        self.reopen()

    @invariant()
    def holds_are_as_they_should_be(self) -> None:
        with self.site.db.read() as tx:
            ids = {path: images.holding(tx, each.place, each.path).id for path, each in self.targets.items()}
        expected = {(ids[path], held) for path, model in self.models.items() for held in model.holds}
        assert space.holds(self.site) == expected

    def nothing_that_is_needed_has_gone(self) -> None:
        assert space.keys(self.site) <= space.objects(self.site)
        for path, model in self.models.items():
            for tag, top in model.tags.items():
                assert pulling.pull(self.target(path), tag).keys() == model.reached(top)
            for top in model.manifests:
                assert pulling.pull(self.target(path), digest.parse(top)).keys() == model.reached(top)

    def teardown(self) -> None:
        if not hasattr(self, "models"):
            return
        with self.rest, contextlib.closing(self.site):
            self.nothing_that_is_needed_has_gone()
            self.sweep(hours=24 * TRASH_DAYS + 49)
            needed = set[str]().union(*(model.needed() for model in self.models.values()))
            assert space.keys(self.site) == space.objects(self.site)
            assert len(space.objects(self.site)) == len(needed)
            assert space.uploads(self.site) == (0, set())

    def push(self, path: str, document: Document, tag: str | None) -> Document:
        model = self.models[path]
        known = document.digest in model.manifests
        complete = blobs_of(document) <= model.holds.keys() and children_of(document) <= model.manifests.keys()
        with self.expected(None if known or complete else PartsMissing):
            make.push(self.target(path), document, tag=tag)
            model.manifests[document.digest] = document
            if tag is not None:
                model.tags[tag] = document.digest
        return document

    def there(self) -> list[tuple[str, Document]]:
        """The manifests that there are, each with the path of its image."""
        return [(path, each) for path, model in self.models.items() for each in model.manifests.values()]

    @contextlib.contextmanager
    def expected(self, refusal: type[Exception] | None) -> Iterator[None]:
        """The block is refused so, or not at all."""
        with contextlib.nullcontext() if refusal is None else pytest.raises(refusal):
            yield

    def target(self, path: str) -> Target:
        return self.targets[path]

    def open(self) -> None:
        chosen = Settings(data=self.folder, database_url=self.url, storage_url="memory:")
        self.site = Site(chosen, Database(chosen.database), self.store, self.clock)
        self.targets = {path: make.image(self.site, path) for path in PATHS}

    def reopen(self) -> None:
        """What a new process finds."""
        self.site.close()
        self.store = self.open_store()
        self.open()

    def database(self) -> str:
        raise NotImplementedError

    def open_store(self) -> BlobStore:
        raise NotImplementedError


def _model_of(target: Target) -> Model:
    """What there is in truth."""
    with target.site.db.read() as tx:
        found = images.holding(tx, target.place, target.path)
        mine = manifest.c.image_id == found.id
        bodies = select(manifest.c.digest, manifest.c.media_type, manifest_body.c.body).join(manifest_body).where(mine)
        named = select(tag_rows.c.name, manifest.c.digest).join(manifest, manifest.c.id == tag_rows.c.manifest_id)
        held = select(image_blob.c.digest, image_blob.c.renewed_at).where(image_blob.c.image_id == found.id)
        return Model(
            holds={row.digest: row.renewed_at for row in tx.execute(held)},
            manifests={row.digest: Document(bytes(row.body), row.media_type) for row in tx.execute(bodies)},
            tags={row.name: row.digest for row in tx.execute(named.where(mine))},
        )


def _refusal_to_delete(model: Model, deleted: str) -> type[Exception] | None:
    if deleted not in model.manifests:
        return ManifestUnknown
    going = model.going(deleted)
    if model.parents(deleted) - going:
        return ManifestReferenced
    referrers = going - {deleted}
    if referrers & set(model.tags.values()) or any(model.parents(each) - going for each in referrers):
        return ReferrerHeld
    return None


class OnSQLite(Space):
    template: ClassVar[Path]

    def database(self) -> str:
        return databases.sqlite_copy(self.template, self.folder)


class OnPostgreSQL(Space):
    templates: ClassVar[databases.PostgresTemplates]

    def database(self) -> str:
        return self.rest.enter_context(self.templates.copy())


class InMemory(Space):
    def open_store(self) -> BlobStore:
        return getattr(self, "store", None) or MemoryStore()  # memory outlives no process but this one


class OnDisk(Space):
    def open_store(self) -> BlobStore:
        return DiskStore.at(self.folder / "blobs")


def _run(space_: type[Space], share: int) -> None:
    chosen = hypothesis_settings()
    examples = max(chosen.max_examples // share, 1)
    run_state_machine_as_test(space_, settings=hypothesis_settings(max_examples=examples, stateful_step_count=STEPS))


@pytest.mark.parametrize(("store", "share"), [(InMemory, 4), (OnDisk, 10)])
def test_tags_reach_all_they_need_and_nothing_else_stays(store: type[Space], share: int, sqlite_template: Path) -> None:
    class Here(OnSQLite, store):  # type: ignore[misc, valid-type]  # a base known only when the test runs
        template = sqlite_template

    _run(Here, share)


def test_so_it_is_on_postgresql(postgres_templates: databases.PostgresTemplates) -> None:
    class Here(OnPostgreSQL, InMemory):
        templates = postgres_templates

    _run(Here, 10)
