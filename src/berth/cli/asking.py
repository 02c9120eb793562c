"""Asking before something is destroyed. Scripts are not asked: they have no terminal."""

import sys
from typing import Annotated

import typer

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]


def sure(question: str, *, yes: bool) -> None:
    """Ends the command unless they are."""
    if not yes and sys.stdin.isatty():
        typer.confirm(question, abort=True, err=True)
