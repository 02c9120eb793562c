"""Addresses that may stand in an export: of the web and well formed, since people and tools follow them."""

import re

LONGEST = 2000

_PART = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*"
_WEB = re.compile(
    rf"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{{1,5}})?(?:/{_PART})?(?:\?{_PART})?(?:#{_PART})?"
)

_ABOUT = (
    (re.compile(r"CVE-\d{4}-\d{4,19}"), "https://nvd.nist.gov/vuln/detail/"),
    (re.compile(r"GHSA(?:-[0-9a-z]{4}){3}"), "https://github.com/advisories/"),
    (re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,99}"), "https://osv.dev/vulnerability/"),
)


def web(links: tuple[str, ...]) -> list[str]:
    """Those of the links that may be followed, each once."""
    return list(dict.fromkeys(link for link in links if len(link) <= LONGEST and _WEB.fullmatch(link)))


def about(vulnerability: str) -> str:
    """The page of whoever names a vulnerability so; empty where the name is none that anybody gives."""
    return next((page + vulnerability for name, page in _ABOUT if name.fullmatch(vulnerability)), "")
