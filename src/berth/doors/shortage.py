"""What Berth cannot do just now for want of something it stands on: answered as such, not as a defect of ours."""

import errno
import sqlite3

from sqlalchemy import exc

RETRY_AFTER = 5
"""Seconds after which a client may try again."""

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ_ONLY = frozenset({errno.EROFS})


def of(error: Exception) -> str | None:
    """A sentence for whoever asked; None when the error is something else."""
    if isinstance(error, exc.SQLAlchemyError):
        return _of_database(error)
    if isinstance(error, OSError) and error.errno in _FULL:
        return "the storage has no room left"
    if isinstance(error, OSError) and error.errno in _READ_ONLY:
        return "the storage cannot be written to"
    return None


def _of_database(error: exc.SQLAlchemyError) -> str | None:
    if isinstance(error, exc.TimeoutError):
        return "all connections to the database are in use"
    if not isinstance(error, exc.DatabaseError):
        return None
    said = getattr(error.orig, "sqlite_errorcode", None)
    if said in _DAMAGED:
        return "the database is damaged"
    if not isinstance(error, exc.OperationalError) or said == sqlite3.SQLITE_ERROR:
        return None  # a statement that is wrong is a defect of ours
    full = any(words in str(error.orig) for words in ("full", "No space left"))
    return "the database has no room left" if full else "the database cannot be used just now"
