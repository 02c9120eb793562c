"""What a person may do to a registry or repository, and the roles that bundle it (SPEC 3, 10)."""

from collections.abc import Iterable
from enum import StrEnum

from berth.words.errors import FieldInvalid


class Action(StrEnum):
    PULL = "pull"
    PUSH = "push"
    DELETE = "delete"
    MANAGE = "manage"
    ADMIN = "admin"
    PULL_RESTRICTED = "pull-restricted"


Actions = frozenset[Action]

NONE: Actions = frozenset()
ALL: Actions = frozenset(Action)

_ACTIONS = {action.value: action for action in Action}

ROLES: dict[str, Actions] = {
    "reader": frozenset({Action.PULL}),
    "writer": frozenset({Action.PULL, Action.PUSH}),
    "manager": frozenset({Action.PULL, Action.PUSH, Action.DELETE, Action.MANAGE}),
    "owner": frozenset({Action.PULL, Action.PUSH, Action.DELETE, Action.MANAGE, Action.ADMIN}),
}
"""`pull-restricted` is granted apart and is in no role."""


def parse(words: Iterable[str]) -> Actions:
    """Read actions and role names, in any mixture. Raises `FieldInvalid`."""
    found: set[Action] = set()
    for word in words:
        if word in ROLES:
            found |= ROLES[word]
        elif word in _ACTIONS:
            found.add(_ACTIONS[word])
        else:
            known = ", ".join([*ROLES, *_ACTIONS])
            raise FieldInvalid("actions", f"{word[:60]!r} is neither a role nor an action; known are {known}")
    return frozenset(found)


def join(actions: Actions) -> str:
    """Actions as one line, in the order of their declaration."""
    return ",".join(action for action in Action if action in actions)


def split(line: str) -> Actions:
    """The inverse of `join`."""
    return frozenset(Action(word) for word in line.split(",") if word)
