"""A provider of OpenID Connect that does not answer costs those who ask for it little, and nobody else anything."""

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from berth import settings
from berth.people.provider import AWAY, LEFT_ALONE, Journey, Provider
from berth.words.errors import Refusal, TooManyAttempts, Unauthenticated

BACK = "http://localhost/console/login/oidc/back"
ASKING = 40


@dataclass
class Silent:
    """It takes connections and says nothing."""

    listening: socket.socket
    taken: list[socket.socket] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.listening.getsockname()[1]}"

    def take(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.taken.append(self.listening.accept()[0])


@pytest.fixture
def silent() -> Iterator[Silent]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        provider = Silent(listening)
        taking = threading.Thread(target=provider.take)
        taking.start()
        try:
            yield provider
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            taking.join()
            for each in provider.taken:
                each.close()


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def begun(provider: Provider) -> Refusal:
    with pytest.raises(Refusal) as refused:
        provider.begin(Journey(), BACK)
    return refused.value


def test_of_many_who_ask_one_waits_and_the_others_are_told(silent: Silent) -> None:
    provider = Provider(settings.load(oidc_issuer=silent.address, oidc_client_id="berth"), seconds=2)
    told: list[Refusal] = []
    asking = [threading.Thread(target=lambda: told.append(begun(provider))) for _ in range(ASKING)]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert len(silent.taken) == 1
    kinds = Counter(type(each) for each in told)
    assert set(kinds) <= {Unauthenticated, TooManyAttempts}
    assert kinds[TooManyAttempts] > 0, "not every thread may wait for it"


def test_one_that_failed_is_left_alone_for_a_while(silent: Silent) -> None:
    clock = Clock()
    provider = Provider(settings.load(oidc_issuer=silent.address, oidc_client_id="berth"), seconds=0.2, clock=clock)
    assert str(begun(provider)) == AWAY
    clock.now += LEFT_ALONE - 1
    assert str(begun(provider)) == AWAY
    assert len(silent.taken) == 1
    clock.now += 2
    assert str(begun(provider)) == AWAY
    assert len(silent.taken) == 2
