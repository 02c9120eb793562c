"""What Berth cannot do just now for want of something it stands on: answered as such, not as a defect of ours."""

import errno

from sqlalchemy.exc import OperationalError

RETRY_AFTER = 5
"""Seconds after which a client may try again."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ_ONLY = frozenset({errno.EROFS})


def of(error: Exception) -> str | None:
    """A sentence for whoever asked; None when the error is something else."""
    if isinstance(error, OperationalError):
        full = "full" in str(error.orig)
        return "the database has no room left" if full else "the database cannot be used just now"
    if isinstance(error, OSError) and error.errno in _FULL:
        return "the storage has no room left"
    if isinstance(error, OSError) and error.errno in _READ_ONLY:
        return "the storage cannot be written to"
    return None
