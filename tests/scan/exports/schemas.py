"""Whether a document is one of its format, by the schema of whoever made the format, and without a network."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

FOLDER = Path(__file__).parent / "schemas"

CYCLONEDX = "bom-1.6.SNAPSHOT.schema.json"
SPDX = "spdx-2.3.schema.json"
SARIF = "sarif-2.1.0-rtm.5.schema.json"

CYCLONEDX_AT = "http://cyclonedx.org/schema/"
LANGUAGE = "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$"

_REFERRED = ("spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json")


def check(schema: str, pieces: Iterable[bytes]) -> dict[str, Any]:  # Any: a JSON object
    """The document of these pieces, read as strictly as JSON may be. Raises what the schema objects to."""
    document = json.loads(b"".join(pieces), parse_constant=_no_constant, object_pairs_hook=_no_twins)
    assert isinstance(document, dict)
    _validator(schema).validate(document)
    return document


@cache
def _validator(name: str) -> jsonschema_rs.Validator:
    registry = jsonschema_rs.Registry([(f"{CYCLONEDX_AT}{each}", _read(each)) for each in _REFERRED])
    return jsonschema_rs.validator_for(_read(name), registry=registry, validate_formats=True, offline=True)


def _read(name: str) -> dict[str, Any]:  # Any: a JSON object
    text = (FOLDER / name).read_text()
    # Of one pattern in it, a bracket too many makes no expression; SARIF's errata mended it so.
    document: dict[str, Any] = json.loads(text.replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", LANGUAGE))
    return document


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:  # Any: JSON values
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)
