"""The files of this project, as git knows them; a copy without git is walked instead."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = {".venv", "__pycache__", "data", "build", "dist"}
"""What commands leave in a working copy."""


def project_files() -> list[Path]:
    return [path for path in _paths() if path.is_file()]


def texts(*suffixes: str) -> Iterator[tuple[Path, str]]:
    """Every text file with its content, or only those with one of the suffixes. Bytes that are no text are passed."""
    for path in project_files():
        if not suffixes or path.suffix in suffixes:
            try:
                yield path.relative_to(ROOT), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def _paths() -> Iterator[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        yield from (path for path in ROOT.rglob("*") if not _made(path.relative_to(ROOT)))
        return
    # A checkout that belongs to another user is as good as any here.
    command = [git, "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    yield from (ROOT / name for name in listed.split("\0") if name)


def _made(path: Path) -> bool:
    return any(part in MADE or (part.startswith(".") and part != ".ci") for part in path.parts)
