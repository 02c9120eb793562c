"""Who asks is the reason."""

from dataclasses import dataclass

from berth.words.errors.kinds import Access


@dataclass(eq=False)
class Unauthenticated(Access):
    """Nobody, or nobody known, asks for what needs a name."""

    reason: str = "authentication required"

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class TokenTooNarrow(Access):
    """The bearer token was not asked for this action; a new one may be."""

    path: str
    action: str

    def __str__(self) -> str:
        return f"the token does not allow {self.action} on {self.path}"


@dataclass(eq=False)
class Denied(Access):
    reason: str = "requested access to the resource is denied"

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class TooManyAttempts(Access):
    retry_after: int

    def __str__(self) -> str:
        return f"too many failed sign-ins, try again in {self.retry_after} s"
