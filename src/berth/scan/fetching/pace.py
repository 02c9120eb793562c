"""How long is waited, and how often something is tried."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    connect_seconds: float = 10.0
    silent_seconds: float = 30.0
    """How long nothing may come."""
    whole_seconds: float = 3600.0
    """For one file, however it drips."""
    attempts: int = 4
    first_pause: float = 1.0
    """Twice as long each time."""
    longest_pause: float = 60.0
    """Whatever the server asks for."""
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def pause(self, attempt: int, asked: float | None) -> None:
        own = self.first_pause * (1 << attempt)
        self.sleep(min(own if asked is None else max(own, asked), self.longest_pause))
