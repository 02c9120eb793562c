"""Passwords come by a prompt or by standard input, never as an argument, which every process could read."""

import sys
from typing import Annotated

import typer

from berth.words.errors import FieldInvalid

PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
]


def read(*, from_stdin: bool, again: bool = True, asking: str = "Password") -> str:
    """A new password is asked for twice. Raises `FieldInvalid` when there is nobody to ask."""
    if from_stdin:
        return sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    if not sys.stdin.isatty():
        raise FieldInvalid("password", "there is no terminal to ask for it; use --password-stdin")
    asked: str = typer.prompt(asking, hide_input=True, confirmation_prompt=again, err=True)
    return asked
