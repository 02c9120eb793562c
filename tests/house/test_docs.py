"""What the pages tell people to type or to open is there."""

import re
from functools import cache
from typing import Any

import typer

import berth.cli
from tests.house.files import ROOT, texts

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
SPOKEN = re.compile(r"[`']berth ((?:[a-z-]+ ?)+)[^`'\n]*[`']")
WORD = re.compile(r"\bmake ([a-z][a-z-]*)")


def test_the_readme_opens_with_the_two_commands() -> None:
    first_block = (ROOT / "README.md").read_text().split("```")[1]
    assert re.findall(r"^make \w+", first_block, re.MULTILINE) == ["make run", "make test"]


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page}: {target}"
        for page, text in texts(".md")
        for target in LINK.findall(text)
        if "://" not in target and not (ROOT / page.parent / target).exists()
    ]
    assert broken == []


def test_every_make_word_in_the_pages_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    words = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    told = {word for _, text in texts(".md") for code in _code(text) for word in WORD.findall(code)}
    assert told <= words


def _code(text: str) -> list[str]:
    """What stands in code blocks and between backquotes."""
    blocks = re.findall(r"```.*?```", text, re.DOTALL)
    return blocks + re.findall(r"`[^`\n]+`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def test_every_berth_command_in_the_pages_exists() -> None:
    told = {line for _, text in texts(".md") for code in _code(text) for line in _commands(code)}
    assert {line: problem for line in sorted(told) if (problem := _problem(line))} == {}


def test_every_berth_command_that_berth_itself_speaks_of_exists() -> None:
    spoken = {line for path, text in texts(".py") if path.parts[0] == "src" for line in SPOKEN.findall(text)}
    assert {line: problem for line in sorted(spoken) if (problem := _problem(line))} == {}


def _commands(code: str) -> list[str]:
    """What follows `berth` where a command may begin: `$ .venv/bin/berth serve --starter | tee log`."""
    return re.findall(r"(?:^|[`\n$|;&(]|bin/)[ ]*berth ([^`\n|;&#)]+)", code)


@cache
def _berth() -> Any:  # Any: Typer carries its own copy of Click's types
    """The whole command, which takes a moment to make."""
    return typer.main.get_command(berth.cli.app)


def _problem(line: str) -> str | None:
    """Which word of the line no command knows."""
    command = _berth()
    words = [word for word in line.split() if word not in {"\\", "..."}]
    while words and hasattr(command, "commands"):
        name = words.pop(0)
        if name.startswith("-"):
            return None
        if name not in command.commands:
            return f"no command {name!r}"
        command = command.commands[name]
    known = {"--help"} | {
        option for parameter in command.params for option in parameter.opts + parameter.secondary_opts
    }
    return next(
        (f"no option {word!r}" for word in words if word.startswith("--") and word.split("=")[0] not in known), None
    )
