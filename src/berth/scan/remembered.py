"""What takes long to make from rows and is asked for page by page: this process keeps what was of use last.

Whoever keeps something names it by all that it was made from, so that nothing has to be forgotten in time.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

MOST_BYTES = 64 << 20
"""Of all that is kept of one database, as its makers estimate it; what was of use last is kept even where it is larger,
for somebody turns its pages."""
LARGEST_BYTES = 256 << 20
"""What is larger than this is made anew each time."""

T = TypeVar("T")


class Remembered:
    def __init__(self, most: int = MOST_BYTES, largest: int = LARGEST_BYTES) -> None:
        self._most = most
        self._largest = largest
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()  # Any: whatever it is
        self._size = 0
        self._lock = threading.Lock()
        self._making = threading.Lock()

    @property
    def size(self) -> int:
        return self._size

    def get(self, key: Hashable, make: Callable[[], tuple[T, int]]) -> T:
        """What is kept by this key, or else what `make` returns, kept as so many bytes. One is made at a time."""
        known: list[T] = self._known(key)
        if known:
            return known[0]
        with self._making:
            known = self._known(key)
            if known:
                return known[0]
            made, size = make()
            self._put(key, made, size)
            return made

    def _known(self, key: Hashable) -> list[Any]:  # Any: whatever it is
        with self._lock:
            if key not in self._kept:
                return []
            self._kept.move_to_end(key)
            return [self._kept[key][0]]

    def _put(self, key: Hashable, made: object, size: int) -> None:
        if size > self._largest:
            return
        with self._lock:
            self._kept[key] = (made, size)
            self._size += size
            while self._size > self._most and len(self._kept) > 1:
                self._size -= self._kept.popitem(last=False)[1][1]


def of(tx: Connection) -> Remembered:
    """What is kept of the database of this transaction."""
    with _LOCK:
        return _OF.setdefault(tx.engine, Remembered())


_OF: WeakKeyDictionary[Engine, Remembered] = WeakKeyDictionary()
_LOCK = threading.Lock()
