"""What the pages tell people to type or to open is there."""

import re

from tests.house.files import ROOT, texts

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
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
