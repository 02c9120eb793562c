"""Writes the pages that the code itself knows best: `make docs`. A test fails when they are stale."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic.fields import FieldInfo

from berth.doors.api import routes
from berth.settings import PREFIX, Commands, Settings

FOLDER = Path(__file__).parent

SETTINGS_HEAD = f"""\
# Settings

Berth reads its settings from the environment when it starts. A variable that begins with `{PREFIX}` and is not
listed here stops it with a message, so that a misspelt setting is never silently ignored. `berth settings` shows
the values in force. What changes while Berth runs (people, policies, registries) is not a setting.

Made from `src/berth/settings.py` by `make docs`.
"""


COMMANDS_HEAD = """
# Where commands work

The words that manage things ([the `berth` command](cli.md)) may work on a server. Serving has no use for these.
"""


def settings_page() -> str:
    serving, managing = (
        "".join(_setting(name, field) for name, field in kind.model_fields.items()) for kind in (Settings, Commands)
    )
    return SETTINGS_HEAD + serving + COMMANDS_HEAD + managing


def _setting(name: str, field: FieldInfo) -> str:
    return (
        f"\n## `{PREFIX}{name.upper()}`\n\n{field.description}\n\n"
        f"Default: {_value(field.default)}." + "".join(f" {sentence}." for sentence in _limits(field)) + "\n"
    )


def _value(default: Any) -> str:  # Any: a default may have any type
    if default in (None, "", ()):
        return "not set"
    return f"`{default}`"


def _limits(field: FieldInfo) -> Iterator[str]:
    if get_origin(field.annotation) is Literal:
        yield "One of " + ", ".join(f"`{choice}`" for choice in get_args(field.annotation))
    for limit in field.metadata:
        match limit:
            case Ge(ge=number):
                yield f"At least {number}"
            case Gt(gt=number):
                yield f"More than {number}"
            case Le(le=number):
                yield f"At most {number}"
            case Lt(lt=number):
                yield f"Less than {number}"
            case MinLen(min_length=number):
                yield f"At least {number} characters"


def openapi_document() -> str:
    return json.dumps(routes.application().openapi(), indent=2, ensure_ascii=False) + "\n"


PAGES = {"settings.md": settings_page, "api/openapi.json": openapi_document}


def main() -> None:
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page())
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
