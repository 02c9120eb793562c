"""Clients that do the same thing at the same moment: the ordinary case of a build farm."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TypeVar

from tests import documents
from tests.client import Image
from tests.documents import Document, digest_of
from tests.serving import REPOSITORY, Server

CLIENTS = 8
ROUNDS = 2

Result = TypeVar("Result")


def together(server: Server, names: list[str], act: Callable[[Image], Result]) -> list[Result]:
    """Let one client for each name act, all at once."""
    barrier = Barrier(len(names))

    def run(name: str) -> Result:
        image = server.client().image(f"{REPOSITORY}/{name}")
        image.client.ask("GET", "/v2/")
        barrier.wait()
        return act(image)

    with ThreadPoolExecutor(len(names)) as pool:
        return [done.result() for done in [pool.submit(run, name) for name in names]]


def built(seed: str) -> tuple[Document, bytes, list[bytes]]:
    """An image: its manifest, config and layers."""
    layers = [f"{seed} {number}".encode() * 20_000 for number in range(3)]
    config = f'{{"seed": "{seed}"}}'.encode()
    return documents.manifest(config, layers), config, layers


def push(image: Image, seed: str) -> Document:
    """Push it in all the shapes there are."""
    document, config, layers = built(seed)
    assert image.push_stream([layers[0][:100_000], layers[0][100_000:]]).status_code == 201
    assert image.push_whole(layers[1]).status_code == 201
    image.push(layers[2])
    image.push(config)
    assert image.put("latest", document).status_code == 201
    return document


def test_the_same_new_layers_may_come_from_eight_clients_at_once(farm: Server) -> None:
    for round_ in range(ROUNDS):
        names = ["one"] * (CLIENTS // 2) + [f"own-{number}" for number in range(CLIENTS // 2)]
        pushed = together(farm, names, partial(push, seed=f"round {round_}"))
        assert len({document.digest for document in pushed}) == 1
        for name in set(names):
            image = farm.client().image(f"{REPOSITORY}/{name}")
            assert image.get("latest").content == pushed[0].body
            for part in (pushed[0].fields["config"], *pushed[0].fields["layers"]):
                assert digest_of(image.blob(part["digest"]).content) == part["digest"]


def test_one_tag_moved_by_eight_clients_is_one_of_theirs(farm: Server) -> None:
    image = farm.client().image(f"{REPOSITORY}/moved")
    for number in range(CLIENTS):
        image.push_image(seed=str(number))
    documents_ = iter([image.push_image(seed=str(number)) for number in range(CLIENTS)])
    moved = together(farm, ["moved"] * CLIENTS, lambda each: _tag(each, next(documents_)))
    assert {status for status, _ in moved} == {201}
    assert image.get("latest").headers["docker-content-digest"] in {digest for _, digest in moved}
    assert image.tags() == ["latest"]


def _tag(image: Image, document: Document) -> tuple[int, str]:
    return image.put("latest", document).status_code, document.digest


def test_a_digest_deleted_by_eight_clients_is_deleted_once(farm: Server) -> None:
    image = farm.client().image(f"{REPOSITORY}/deleted")
    for _ in range(ROUNDS):
        pushed = image.push_image("latest")
        answers = together(farm, ["deleted"] * CLIENTS, partial(Image.delete, what=f"manifests/{pushed.digest}"))
        assert sorted(answer.status_code for answer in answers) == [202] + [404] * (CLIENTS - 1)
        assert not image.has("latest")


def test_pushes_and_deletes_at_once_leave_what_is_whole(farm: Server) -> None:
    """Whatever comes first, a tag that is there can be pulled with all its parts."""
    image = farm.client().image(f"{REPOSITORY}/mixed")
    for round_ in range(ROUNDS):
        turns = itertools.count()
        act = partial(_push_or_delete, seed=f"mixed {round_}", turns=turns)
        together(farm, ["mixed"] * CLIENTS, act)
        found = image.get("latest")
        parts = found.json()["layers"] if found.status_code == 200 else []
        assert [image.blob(part["digest"]).status_code for part in parts] == [200] * len(parts)


def _push_or_delete(image: Image, seed: str, turns: "itertools.count[int]") -> None:
    if next(turns) % 2:
        assert image.delete("manifests/latest").status_code in (202, 404)
        assert image.delete(f"manifests/{built(seed)[0].digest}").status_code in (202, 404)
    else:
        push(image, seed)
