"""What is asked, as people, the console and scripts ask it through `/api/v1` and `/v2`."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from bench.size.asking import Door

API = "/api/v1/registries/main/repositories/apps/images/large"
V2 = "/v2/main/apps/large"

DELETED_AT_ONCE = 50

Ask = Callable[[Door], None]


@dataclass(frozen=True)
class Question:
    name: str
    begin: Callable[[Door], Ask]
    """Prepares one server, and gives what is then measured."""
    times: int | None = None
    """How often; None: as often as the plan says."""


def _get(path: str) -> Callable[[Door], Ask]:
    return lambda _: lambda door: _read(door, path)


def _read(door: Door, path: str) -> None:
    door.ask("GET", path)


def _late(door: Door) -> Ask:
    """The twentieth page, by its key."""
    path = f"{API}/-/digests?limit=5"
    for _ in range(18):
        path = f"{API}/-/digests?limit=5&cursor={quote(door.ask('GET', path)['next'])}"
    return lambda door: _read(door, path)


def _digest_detail(door: Door) -> Ask:
    first = _first_digests(door, 1)[0]
    return lambda door: _read(door, f"{API}/-/digests/{first}")


def _move(door: Door) -> Ask:
    """One name goes to and fro between two digests."""
    first, second = _first_digests(door, 2)
    door.ask("POST", f"{API}/-/digests/{first}/tags", {"add": ["moving"]})
    targets = itertools.cycle([second, first])

    def move(door: Door) -> None:
        door.ask("POST", f"{API}/-/digests/{next(targets)}/tags", {"move": ["moving"]})

    return move


def _delete(door: Door) -> Ask:
    """Fifty digests, from the request to the end of its operation."""
    several = _newest(door)

    def delete(door: Door) -> None:
        answer = door.ask("POST", f"{API}/-/digests/delete", {"digests": next(several)}, HTTPStatus.ACCEPTED)
        door.follow(answer["operation"])

    return delete


def _newest(door: Door) -> Iterator[list[str]]:
    """Half of what a hundred are, so that it can be asked of a small image too."""
    path = f"{API}/-/digests?sort=-pushed_at&tagged=true&locked=false&limit={DELETED_AT_ONCE}"
    while True:
        yield [row["digest"] for row in door.ask("GET", path)["items"]]


def _first_digests(door: Door, count: int) -> list[str]:
    return [row["digest"] for row in door.ask("GET", f"{API}/-/digests?limit={count}")["items"]]


def _filter(**fields: str) -> Callable[[Door], Ask]:
    return _get(f"{API}/-/digests?{'&'.join(f'{name}={quote(value)}' for name, value in fields.items())}")


QUESTIONS = (
    Question("digests", _filter(limit="50")),
    Question("digests, late page", _late),
    Question("digests, newest", _filter(sort="-pushed_at")),
    Question("digests, largest", _filter(sort="-size")),
    Question("digests, most pulled", _filter(sort="-pulls")),
    Question("digests, last pulled", _filter(sort="-pulled_at")),
    Question("digests, name: most", _filter(name="0.")),
    Question("digests, name: few", _filter(name="candidate")),
    Question("digests, name: few, newest", _filter(name="candidate", sort="-pushed_at")),
    Question("digests, name: one", _filter(name="0.1.12-")),
    Question("digests, name: none", _filter(name="nothing-like-it")),
    Question("digests, artifacts", _filter(kind="artifact")),
    Question("digests, one platform", _filter(platform="linux/s390x")),
    Question("digests, locked", _filter(locked="true")),
    Question("digests, untagged", _filter(tagged="false")),
    Question("tags", _get(f"{API}/-/tags")),
    Question("tags, newest", _get(f"{API}/-/tags?sort=-created_at")),
    Question("tags, name: few", _get(f"{API}/-/tags?name=candidate")),
    Question("tags, name: none", _get(f"{API}/-/tags?name=nothing-like-it")),
    Question("history of a tag", _get(f"{API}/-/tags/0.0.0/history")),
    Question("images", _get("/api/v1/registries/main/repositories/apps/images")),
    Question("images, name: none", _get("/api/v1/registries/main/repositories/apps/images?name=nothing-like-it")),
    Question("image detail", _get(API)),
    Question("digest detail", _digest_detail),
    Question("tags for clients", _get(f"{V2}/tags/list?n=50")),
    Question("referrers", _get(f"{V2}/referrers/sha256:{'0' * 64}")),
    Question("tag moved", _move),
    Question("50 digests deleted", _delete, 1),
)
