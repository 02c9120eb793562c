"""How an answer goes out."""

import asyncio
from collections.abc import Iterator

from starlette.types import Message

from berth.doors.http import Answer


def sent(answer: Answer, *, head: bool = False) -> list[Message]:
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    asyncio.run(answer.send(send, head=head))
    return messages


def test_a_body_in_pieces_goes_out_piece_by_piece_as_it_is_made() -> None:
    made: list[bytes] = []

    def pieces() -> Iterator[bytes]:
        for each in (b"one", b"two"):
            made.append(each)
            yield each

    start, *bodies = sent(Answer(200, [("Content-Type", "text/csv")], pieces=pieces()))
    assert start["headers"] == [(b"content-type", b"text/csv")]
    assert [(each["body"], each.get("more_body", False)) for each in bodies] == [
        (b"one", True), (b"two", True), (b"", False),
    ]  # fmt: skip
    assert made == [b"one", b"two"]


def test_of_a_body_in_pieces_nothing_is_made_where_only_the_head_is_asked_for() -> None:
    made = iter([b"one"])
    assert [each.get("body") for each in sent(Answer(200, pieces=made), head=True)] == [None, b""]
    assert next(made) == b"one"
