"""Secrets in the config of an image: its environment, and the commands it was built with."""

import json
from collections.abc import Iterator
from typing import Any

from berth.scan.inventory import Gap, Secret
from berth.scan.secrets.files import secret
from berth.scan.secrets.rules import RULES

_NAME = 200


def find(config: bytes, limit: int) -> tuple[list[Secret], list[Gap]]:
    """What an image's config holds, and what could not be looked at."""
    if len(config) > limit:
        return [], [
            Gap("truncated", f"The image's config has more than {limit} bytes and was not searched for secrets.")
        ]
    try:
        document = json.loads(config)
    except (ValueError, RecursionError):
        return [], [Gap("damaged", "The image's config is no JSON and was not searched for secrets.")]
    return [each for path, text in _texts(document) for each in _in(path, text)], []


def _in(path: str, text: str) -> Iterator[Secret]:
    data = text.encode("utf-8", "replace")
    for rule in RULES:
        for hit in rule.hits(data):
            yield secret(hit, path, 0)


def _texts(document: Any) -> Iterator[tuple[str, str]]:  # Any: JSON from outside
    for number, step in enumerate(_list(document, "history")):
        if isinstance(command := _field(step, "created_by"), str):
            yield f"config:history/{number}", command
    for setting in _list(_field(document, "config"), "Env"):
        if isinstance(setting, str):
            yield f"config:env/{setting.partition('=')[0][:_NAME]}", setting


def _field(document: Any, name: str) -> Any:  # Any: JSON from outside
    return document.get(name) if isinstance(document, dict) else None


def _list(document: Any, name: str) -> list[Any]:  # Any: JSON from outside
    value = _field(document, name)
    return value if isinstance(value, list) else []
