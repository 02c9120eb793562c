"""Forms of the console, filled in without a browser."""

import re

import httpx


def proof(http: httpx.Client, path: str) -> str:
    found = re.search(r'name="proof" value="([^"]+)"', http.get(path).text)
    assert found is not None
    return found[1]


def sent(http: httpx.Client, path: str, *, to: str | None = None, **fields: str | list[str]) -> httpx.Response:
    """The answer to a form of a page, with its proof."""
    return http.post(to or path, data={**fields, "proof": proof(http, path)})


def alert(answer: httpx.Response) -> str:
    """What the page says that was wrong, as text."""
    found = re.search(r'role="alert"[^>]*>(.*?)</div>', answer.text, re.DOTALL)
    assert found is not None, answer.text
    text = re.sub(r"<[^>]+>", " ", found[1])
    return " ".join(text.replace("&#39;", "'").split())


def field(answer: httpx.Response, name: str) -> str:
    """The tag of a field."""
    found = re.search(rf'<(?:input|select|textarea)[^>]* name="{name}"[^>]*>', answer.text)
    assert found is not None, answer.text
    return found[0]
