"""Why something was not fetched.

NotFetched ──┬── Missing       there is no such file
             └── Unreachable   there is nobody to ask, so asking for another file is of no use
"""


class NotFetched(Exception):
    """The text says why, for whoever runs this registry."""


class Missing(NotFetched):
    pass


class Unreachable(NotFetched):
    pass
