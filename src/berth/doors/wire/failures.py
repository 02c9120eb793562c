"""What can go wrong with bytes on their way, whichever road they take.

OSError
    ClientGone      the client left, fell silent, or broke its body off: what came is not the whole
    FileTooShort    a file ended before the length that was promised for it
BodyTooLarge        the body is larger than the caller allows
"""


class ClientGone(ConnectionError):
    """The body or the answer will never be complete; the connection is closed or closing."""


class FileTooShort(OSError):
    """The answer cannot be completed, so the connection is closed: never a wrong length."""


class BodyTooLarge(Exception):
    """Raised before any byte beyond the limit reaches the sink. The caller may still answer."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")
        self.limit = limit
