"""Statements as they were compiled for one test's database, kept for all others of its kind.

SQLAlchemy keeps them by engine. Each test has an engine of its own, and would compile anew all that it executes.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache

MOST = 4000


class _Statements(LRUCache[Any, Any]):  # Any: SQLAlchemy's keys and what it keeps by them are its own
    """By all of SQLAlchemy's key but the dialect: every engine has one, and those of a kind are alike."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


_KEPT = {kind: _Statements(MOST) for kind in ("sqlite", "postgresql")}


def keep() -> None:
    """Of every engine of this process from now on."""
    event.listen(Engine, "engine_connect", _lend)


def _lend(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_KEPT[connection.dialect.name])
