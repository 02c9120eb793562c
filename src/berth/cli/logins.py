"""Keys for servers: those that `berth login` keeps for this user of the machine, and those that are told.

They are kept in `servers.json` in the user's configuration folder, which only they can read:

    {"current": URL, "servers": {URL: {"key": ID, "secret": SECRET, "made": whether by the login}}}
"""

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from berth.words.errors import FieldInvalid

if TYPE_CHECKING:
    from berth.settings import Commands

Key = tuple[str, str]
"""Id and secret."""


def key(url: str, given: Path | None, chosen: "Commands") -> tuple[str | None, str]:
    """The key for a server: from the file given, the environment, or `berth login`. Raises `FieldInvalid`."""
    if given is not None:
        return _read(given)
    if chosen.key_file is not None:
        return _read(chosen.key_file)
    if chosen.key is not None:
        return _parsed(chosen.key.get_secret_value(), "BERTH_KEY")
    return kept(url) or (None, "")


def kept(url: str) -> Key | None:
    login = _load()["servers"].get(url)
    return None if login is None else (str(login["key"]), str(login["secret"]))


def current() -> str | None:
    """The server signed in to last."""
    found: str | None = _load()["current"]
    return found


def is_made(url: str) -> bool:
    """Whether the key for a server was made for this machine, so that nobody else has a use for it."""
    return bool(_load()["servers"].get(url, {}).get("made"))


def keep(url: str, key: Key, *, made: bool) -> None:
    """Remember a key; commands that are told nothing else work on this server from now on."""
    login = {"key": key[0], "secret": key[1], "made": made}
    _save({"current": url, "servers": {**_load()["servers"], url: login}})


def forget(url: str) -> None:
    known = _load()
    known["servers"].pop(url, None)
    _save({**known, "current": None if known["current"] == url else known["current"]})


def file() -> Path:
    return Path(typer.get_app_dir("berth")) / "servers.json"


def _load() -> dict[str, Any]:  # Any: JSON
    try:
        known = json.loads(file().read_bytes())
        return {"current": known["current"], "servers": dict(known["servers"])}
    except FileNotFoundError:
        return {"current": None, "servers": {}}
    except (ValueError, LookupError, TypeError):
        raise FieldInvalid(str(file()), "it is not what `berth login` writes; remove it and sign in again") from None


def _save(known: dict[str, Any]) -> None:  # Any: JSON
    """In one step, so that whoever reads meets the old file or the new one."""
    folder = file().parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, written = tempfile.mkstemp(dir=folder)  # nobody else may read it
    with os.fdopen(number, "w") as out:
        json.dump(known, out, indent=2)
    Path(written).replace(file())


def _read(given: Path) -> Key:
    text = given.read_text().strip()
    if text.startswith("{"):
        try:
            made = json.loads(text)
            return str(made["id"]), str(made["secret"])
        except (ValueError, LookupError):
            raise FieldInvalid(str(given), "the JSON has no id and secret of a key") from None
    return _parsed(text, str(given))


def _parsed(text: str, where: str) -> Key:
    name, colon, secret = text.strip().partition(":")
    if not (name and colon and secret):
        raise FieldInvalid(where, "a key reads id:secret")
    return name, secret
