"""The kinds of refusals."""


class Refusal(Exception):
    """Something asked for is refused; `str()` of it is a sentence for the person who asked."""


class Invalid(Refusal):
    """What was sent cannot be right."""


class Unknown(Refusal):
    """There is no such thing, or the caller may not know of it."""


class Conflict(Refusal):
    """The state of things stands in the way."""


class Access(Refusal):
    """Who asks is the reason."""
