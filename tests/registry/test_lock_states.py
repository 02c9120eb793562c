"""Pushing, naming, locking, deleting and restoring at random.

What is locked stays as it is, what a tag names can be pulled, and every digest and image comes to rest.
"""

import contextlib
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from berth.db.pages import Wanted
from berth.db.tables import UNTAGGED, manifest, tag
from berth.registry import history, images, rows
from berth.words import names as words
from berth.words import time
from berth.words.errors import ImageUnknown, Refusal
from tests import databases, documents, make, sites
from tests.documents import Document
from tests.registry import acts, pulling
from tests.sites import Clock

STEPS = 40

name = st.sampled_from(["v1", "v2", "v10", "latest"])
names = st.lists(name, max_size=2, unique=True)


class Harbour(RuleBasedStateMachine):
    template: Path
    pushed: Bundle[Document] = Bundle("pushed")

    @initialize(target=pushed)
    def begin(self) -> Document:
        self.rest = contextlib.ExitStack()
        folder = Path(self.rest.enter_context(tempfile.TemporaryDirectory()))
        self.clock = Clock()
        self.clock.at = time.now()
        url = databases.sqlite_copy(self.template, folder)
        self.site = self.rest.enter_context(sites.opened(url, self.clock))
        self.web = make.image(self.site, "main/apps/web")
        self.locked: dict[str, list[str]] = {}
        return make.manifest(self.web, b"0", tag="v1")

    def teardown(self) -> None:
        self.rest.close()

    def attempt(self, act: Callable[[], object]) -> bool:
        """Whether it was done; it may be refused."""
        self.clock.forward(seconds=1)
        try:
            act()
        except Refusal:
            return False
        return True

    @rule(target=pushed, content=st.sampled_from([b"0", b"1", b"2"]), tag=st.none() | name)
    def push_image(self, content: bytes, tag: str | None) -> Document:
        make.blob(self.web, b"{}")
        make.blob(self.web, content)
        document = documents.manifest(b"{}", [content])
        self.attempt(lambda: make.push(self.web, document, tag=tag))
        return document

    @rule(target=pushed, children=st.lists(pushed, min_size=1, max_size=2), tag=st.none() | name)
    def push_index(self, children: list[Document], tag: str | None) -> Document:
        document = documents.index(children)
        self.attempt(lambda: make.push(self.web, document, tag=tag))
        return document

    @rule(target=pushed, subject=pushed)
    def push_signature(self, subject: Document) -> Document:
        make.blob(self.web, b"{}")
        document = documents.artifact(subject, "application/vnd.test.signature")
        self.attempt(lambda: make.push(self.web, document))
        return document

    @rule(of=pushed, tag=name)
    def tag(self, of: Document, tag: str) -> None:
        self.attempt(lambda: make.push(self.web, of, tag=tag))

    @rule(tag=name)
    def untag(self, tag: str) -> None:
        self.attempt(lambda: acts.untag(self.web, tag))

    @rule(of=pushed, add=names, move=names, remove=names)
    def edit_tags(self, of: Document, add: list[str], move: list[str], remove: list[str]) -> None:
        self.attempt(lambda: acts.edit_tags(self.web, of, add=add, move=move, remove=remove))

    @rule(of=pushed, whole=st.booleans(), hours=st.none() | st.integers(1, 3))
    def lock(self, of: Document, *, whole: bool, hours: int | None) -> None:
        until = None if hours is None else self.clock() + timedelta(hours=hours)
        if whole:
            self.attempt(lambda: acts.lock(self.web, until=until))
        else:
            self.attempt(lambda: acts.lock_each(self.web, [of], until=until))

    @rule(of=pushed, whole=st.booleans())
    def unlock(self, of: Document, *, whole: bool) -> None:
        self.locked.clear()
        self.attempt(lambda: acts.unlock(self.web, *([] if whole else [of])))

    @rule(hours=st.integers(1, 4))
    def wait(self, hours: int) -> None:
        self.locked.clear()
        self.clock.forward(hours=hours)

    @rule(several=st.lists(pushed, min_size=1, max_size=3))
    def delete(self, several: list[Document]) -> None:
        self.attempt(lambda: acts.request(self.web, *several))
        acts.work(self.web)

    @rule(of=pushed)
    def delete_as_a_client(self, of: Document) -> None:
        self.attempt(lambda: acts.delete(self.web, of))

    @rule()
    def delete_everything(self) -> None:
        self.attempt(lambda: acts.request(self.web))
        acts.work(self.web)

    @rule(place=st.integers(0, 5), rename=st.booleans())
    def restore(self, place: int, *, rename: bool) -> None:
        entries = acts.in_trash(self.web)
        if entries:
            entry = entries[place % len(entries)]
            renamed = {each: f"{each}-back-{self.clock().timestamp():.0f}" for each in entry.tags} if rename else None
            self.attempt(lambda: acts.restore(self.web, entry, rename=renamed))

    @rule(tag=name, seconds=st.integers(0, 30))
    def put_back(self, tag: str, seconds: int) -> None:
        moment = self.clock() - timedelta(seconds=seconds)
        self.attempt(lambda: acts.on(self.web, history.put_back, tag, moment, acts.PERSON))

    def image(self) -> images.Image | None:
        try:
            return acts.look(self.web)
        except ImageUnknown:
            return None

    @invariant()
    def all_is_at_rest(self) -> None:
        found = self.image()
        if found is not None:
            assert found.state == "active"
            assert set(acts.states(self.web).values()) <= {"active"}

    @invariant()
    def what_a_tag_names_can_be_pulled(self) -> None:
        for each in self.tags_by_digest().values():
            for tag_name in each:
                pulling.pull(self.web, tag_name)

    @invariant()
    def what_is_locked_stays_as_it_is(self) -> None:
        now = self.tags_by_digest()
        for digest, kept in self.locked.items():
            assert now.get(digest) == kept
        self.locked = {}
        found = self.image()
        if found is not None:
            with self.site.db.read() as tx:
                page = rows.page(tx, found, ALL, at=self.clock(), filters=rows.Filters(everything=True))
            self.locked = {
                row.digest: now[row.digest] for row in page.items if row.lock is not None and not row.lock.until
            }

    @invariant()
    def a_row_knows_its_first_name(self) -> None:
        with self.site.db.read() as tx:
            for row in tx.execute(select(manifest.c.id, manifest.c.first_tag)):
                given = tx.scalars(select(tag.c.name).where(tag.c.manifest_id == row.id)).all()
                assert row.first_tag == min(map(words.natural, given), default=UNTAGGED)

    @invariant()
    def history_ends_with_what_is(self) -> None:
        found = self.image()
        if found is None:
            return
        now = {each: digest for digest, given in self.tags_by_digest().items() for each in given}
        with self.site.db.read() as tx:
            for each in ("v1", "v2", "v10", "latest"):
                assert history.digest_at(tx, found, each, self.clock()) == now.get(each)

    def tags_by_digest(self) -> dict[str, list[str]]:
        if self.image() is None:
            return {}
        with self.site.db.read() as tx:
            query = select(manifest.c.digest, tag.c.name).outerjoin(tag, tag.c.manifest_id == manifest.c.id)
            found: dict[str, list[str]] = {}
            for digest, given in tx.execute(query.order_by(tag.c.natural)):
                found.setdefault(digest, []).extend([given] if given else [])
            return found


ALL = Wanted("name", 1000)


def test_whatever_is_done_what_is_locked_stays_and_what_is_tagged_can_be_pulled(sqlite_template: Path) -> None:
    machine = type("Here", (Harbour,), {"template": sqlite_template})
    chosen = hypothesis_settings()
    fewer = hypothesis_settings(max_examples=max(chosen.max_examples // 6, 1), stateful_step_count=STEPS)
    run_state_machine_as_test(machine, settings=fewer)
