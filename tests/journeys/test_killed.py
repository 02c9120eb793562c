"""Killed at any moment, Berth loses nothing that it has acknowledged, and comes back by itself."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from tests import documents
from tests.client import Image, location
from tests.documents import CONFIG, Document, digest_of
from tests.serving import REPOSITORY, Server


@dataclass
class Push:
    """A whole push, step by step; after each, what Berth has answered for is known."""

    image: Image
    seed: str
    upload: str = ""
    received: int = 0
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, Document] = field(default_factory=dict)

    def begin(self, seed: str) -> None:
        self.seed, self.upload, self.received, self.blobs, self.manifests = seed, "", 0, {}, {}

    @property
    def steps(self) -> list[Callable[[], None]]:
        return [
            self.start,
            lambda: self.chunk(0, 300_000),
            lambda: self.chunk(300_000, 500_000),
            self.close,
            self.whole,
            self.config,
            lambda: self.manifest(""),
            lambda: self.manifest("v1"),
            self.index,
            self.mount,
        ]

    @property
    def layer(self) -> bytes:
        return f"layer of {self.seed}".encode() * 60_000

    def start(self) -> None:
        self.upload = self.image.session()

    def chunk(self, first: int, last: int) -> None:
        piece = self.layer[first:last]
        self.upload = location(self.image.append(self.upload, piece, f"{first}-{last - 1}"), 202)
        self.received = last

    def close(self) -> None:
        rest = self.layer[self.received :]
        answer = self.image.finish(self.upload, digest_of(self.layer), rest, f"{self.received}-{len(self.layer) - 1}")
        location(answer, 201)
        self.upload = ""
        self.blobs[digest_of(self.layer)] = self.layer

    def whole(self) -> None:
        content = f"second layer of {self.seed}".encode()
        location(self.image.push_whole(content), 201)
        self.blobs[digest_of(content)] = content

    def config(self) -> None:
        content = f'{{"seed": "{self.seed}"}}'.encode()
        self.blobs[self.image.push(content)] = content

    def manifest(self, tag: str) -> None:
        layer, second, config = self.blobs.values()
        document = documents.manifest(config, [layer, second], config_type=CONFIG)
        location(self.image.put(tag or document.digest, document), 201)
        self.manifests[tag or document.digest] = document

    def index(self) -> None:
        document = documents.index(list(self.manifests.values())[:1])
        location(self.image.put("both", document), 201)
        self.manifests["both"] = document

    def mount(self) -> None:
        beside = self.image.client.image(f"{self.image.name}/beside")
        location(beside.mount(digest_of(self.layer), self.image.name), 201)

    def verify(self) -> None:
        """All that was acknowledged is there, to the byte."""
        if self.upload:
            status = self.image.client.ask("GET", self.upload)
            assert status.status_code == 204
            assert status.headers["range"] == f"0-{max(self.received - 1, 0)}"
        for digest, content in self.blobs.items():
            assert digest_of(self.image.blob(digest).content) == digest
            assert self.image.blob(digest).content == content
        for reference, document in self.manifests.items():
            assert self.image.get(reference).content == document.body


def test_after_each_step_of_a_push_all_that_was_acknowledged_outlives_a_kill(server: Server) -> None:
    client = server.client()
    pushes = [Push(client.image(f"{REPOSITORY}/step-{step}"), str(step)) for step in range(11)]
    for done, push in enumerate(pushes):
        for step in push.steps[:done]:
            step()
    server.kill()
    server.start()
    for done, push in enumerate(pushes):
        push.verify()
        for step in push.steps[done:]:
            step()
        push.verify()


def test_what_is_acknowledged_while_the_kill_comes_is_kept_too(server: Server) -> None:
    client = server.client()
    pushes = [Push(client.image(f"{REPOSITORY}/busy-{worker}"), f"busy {worker}") for worker in range(4)]
    going = threading.Barrier(len(pushes) + 1)
    threads = [threading.Thread(target=_push_on, args=(push, going)) for push in pushes]
    for thread in threads:
        thread.start()
    going.wait()
    server.kill()
    for thread in threads:
        thread.join()
    server.start()
    for push in pushes:
        push.verify()
        again = Push(push.image, push.seed)
        for step in again.steps:
            step()
        again.verify()


def _push_on(push: Push, going: threading.Barrier) -> None:
    """Push one image after the other until the server is gone; what came of the last one stays in `push`."""
    try:
        for number in itertools.count():
            push.begin(f"{push.seed} {number}")
            for step in push.steps:
                step()
                if number == 0 and step == push.close:
                    going.wait()
    except httpx.TransportError:
        push.upload = ""  # what an unanswered request has done to it, nobody knows
