"""Gathers the console's sentences into its catalogues: `make words`. What is translated stays; what is gone goes."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

CONSOLE = Path(__file__).parent.parent / "src/berth/doors/console"
KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "ngettext": (1, 2), "mark": None}  # Any: as Babel has it


def sentences() -> Iterator[tuple[str, Any]]:
    """A place of the source and a sentence there; one with a plural is a pair."""
    for path in sorted(CONSOLE.rglob("*")):
        method = {".py": "python", ".html": "jinja2.ext:babel_extract"}.get(path.suffix)
        if method is None:
            continue
        options = {"newstyle_gettext": "true", "trimmed": "false"}
        with path.open("rb") as file:
            for _line, message, _comments, _context in extract(method, file, KEYWORDS, options=options):
                yield path.relative_to(CONSOLE).as_posix(), message


def template() -> Catalog:
    catalogue = Catalog(project="berth", charset="utf-8")
    for place, message in sentences():
        catalogue.add(message, locations=[(place, 0)])
    return catalogue


def updated(path: Path, code: str) -> bytes:
    """The catalogue of a language as it should be."""
    known = read_po(BytesIO(path.read_bytes()), locale=code) if path.exists() else Catalog(locale=code, charset="utf-8")
    known.update(template(), no_fuzzy_matching=True, keep_user_comments=False)
    known.obsolete.clear()
    out = BytesIO()
    write_po(out, known, width=120, sort_output=True, omit_header=True, ignore_obsolete=True, include_lineno=False)
    return out.getvalue()


def main() -> None:
    path = CONSOLE / "locale/ko/console.po"
    path.write_bytes(updated(path, "ko"))
    missing = [message.id for message in read_po(path.open("rb"), locale="ko") if message.id and not message.string]
    print(f"{path.name}: {len(missing)} to translate")


if __name__ == "__main__":
    main()
