"""Threads for what blocks: a coroutine hands an act over and waits for what comes of it.

An executor of the standard library does this with two futures, a condition and a semaphore for each act, which take
as long as many of our acts do.
"""

import asyncio
import atexit
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class _Task:
    """An act, and the future of whoever waits for it on a loop."""

    def __init__(self, act: Callable[[], Any]) -> None:  # Any: what the act returns
        self.loop = asyncio.get_running_loop()
        self.future = self.loop.create_future()
        self._act = act
        self._result: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        if self.future.cancelled():
            return
        try:
            self._result = self._act()
        except StopIteration as error:  # no future takes one
            self._error = RuntimeError("an act ran out of what it walks through")
            self._error.__cause__ = error
        except BaseException as error:  # noqa: BLE001  it is raised where it is waited for
            self._error = error
        with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
            self.loop.call_soon_threadsafe(self._settle)
        del self  # an error leads here by its traceback, and would keep all that the act was given

    def _settle(self) -> None:
        if self.future.done():
            return
        error, self._error = self._error, None
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(self._result)


class Threads:
    """At most so many, each started when all others have something to do. An interpreter that ends waits for them."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._started: list[threading.Thread] = []
        self._open = 0
        self._lock = threading.Lock()

    async def run(self, act: Callable[[], T]) -> T:
        """What the act returns, or raises. It is not begun when whoever waits is cancelled before its turn."""
        task = _Task(act)
        with self._lock:
            self._open += 1
            if self._open > len(self._started) < self._most:
                self._start()
        self._tasks.put(task)
        try:
            result: T = await task.future
        finally:
            del task
        return result

    def close(self) -> None:
        """Let what has been handed over come to its end."""
        for _ in self._started:
            self._tasks.put(None)
        for thread in self._started:
            thread.join()
        self._started.clear()

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name=f"{self._name} {len(self._started) + 1}", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads for this process: those there are will do
            if not self._started:
                self._open -= 1
                raise
            return
        if not self._started:
            atexit.register(self.close)
        self._started.append(thread)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task.run()
            del task  # what it holds goes now, and not with the next
            with self._lock:
                self._open -= 1
