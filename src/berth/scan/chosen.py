"""Which scanner looks at the images of a registry: our own, unless the settings name another one for it.

    BERTH_SCANNERS='[{"kind": "trivy", "binary": "/usr/bin/trivy", "cache": "/var/trivy", "registries": ["main"]}]'

The first that fits a registry is its scanner; one without `registries` is for all. What an adapter pulls with is a
token for one image, made for the user that `pull_as` names, and good for an hour.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from berth.scan.external import configured
from berth.scan.external.configured import Configured, Harbor
from berth.settings import PREFIX, Settings


class ScannersInvalid(Exception):
    """For whoever starts Berth; it shows no value, for that may be a secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{PREFIX}SCANNERS: {reason}")


@dataclass(frozen=True)
class Scanner:
    configured: Configured
    registries: frozenset[str]
    """By name; none: all."""
    registry_url: str = ""
    """Where an adapter pulls from."""
    pull_as: str = ""


def check(settings: Settings) -> None:
    """Raises `ScannersInvalid` when what the settings say of scanners cannot be."""
    try:
        scanner_of(settings, "")
    except ValueError as error:
        raise ScannersInvalid(str(error)) from None


def scanner_of(settings: Settings, registry: str) -> Scanner | None:
    """None: our own. Raises `ValueError`."""
    if settings.scanners is None:
        return None
    scanners = parse(settings.scanners.get_secret_value())
    return next((each for each in scanners if not each.registries or registry in each.registries), None)


@lru_cache(maxsize=4)
def parse(text: str) -> tuple[Scanner, ...]:
    """Raises `ValueError`, which names the scanner and the field and shows no value."""
    try:
        documents = json.loads(text) if text.strip() else []
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(documents, list):
        raise ValueError("it must be a JSON list of scanners")  # noqa: TRY004  the promise is one kind of error
    return tuple(_scanner(number, each) for number, each in enumerate(documents))


def _scanner(number: int, document: Any) -> Scanner:  # Any: JSON from outside
    if not isinstance(document, dict):
        raise ValueError(f"scanner {number}: it must be a JSON object")  # noqa: TRY004  see above
    own = {name: document.pop(name) for name in ("registries", "registry_url", "pull_as") if name in document}
    registries = own.get("registries", [])
    if not isinstance(registries, list) or not all(isinstance(each, str) for each in registries):
        raise ValueError(f"scanner {number}: registries: a list of names")
    try:
        made = configured.parse(document)
    except ValueError as error:
        raise ValueError(f"scanner {number}: {error}") from None
    url, pull_as = own.get("registry_url", ""), own.get("pull_as", "")
    if isinstance(made, Harbor) and not (isinstance(url, str) and url and isinstance(pull_as, str) and pull_as):
        raise ValueError(f"scanner {number}: registry_url, pull_as: an adapter pulls from there, as that user")
    return Scanner(made, frozenset(registries), str(url), str(pull_as))
