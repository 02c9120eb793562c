"""What secrets look like, and how they are shown.

Every rule is a literal that is searched for first, and an expression that begins with it, is bounded and never steps
back far, so that the time a text takes grows with its length and with nothing else.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from berth.words.policies import Level

_MASK = 40
_KEY_WINDOW = 64 * 1024
_LEAST_KEY = 30
"""Characters of base64 in the shortest private key."""
_VARIETY = 6
"""Different characters that a token has at least; placeholders repeat fewer."""

Holds = Callable[[bytes, re.Match[bytes]], bool]


@dataclass(frozen=True, slots=True)
class Hit:
    rule: "Rule"
    start: int
    masked: str


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    title: str
    level: Level
    literals: tuple[bytes, ...]
    pattern: re.Pattern[bytes]
    """Its group `shown` stays readable, the rest of the match is masked."""
    holds: Holds

    def hits(self, text: bytes) -> Iterator[Hit]:
        if any(literal in text for literal in self.literals):
            for match in self.pattern.finditer(text):
                if self.holds(text, match):
                    yield Hit(self, match.start("shown"), _masked(match))


def _masked(match: re.Match[bytes]) -> str:
    hidden = len(match["secret"]) if match.re.groupindex.get("secret") else 0
    return match["shown"].decode("ascii", "replace") + "*" * min(hidden, _MASK)


def _no_placeholder(_: bytes, match: re.Match[bytes]) -> bool:
    secret = match["secret"]
    return len(set(secret)) >= _VARIETY and b"EXAMPLE" not in secret


def _is_whole_key(text: bytes, match: re.Match[bytes]) -> bool:
    """A body of base64 and an END line follow: what only speaks of keys has neither."""
    end = text.find(b"-----", match.end(), match.end() + _KEY_WINDOW)
    if end < 0 or text[end : end + 8] != b"-----END":
        return False
    body = _AROUND_KEY.sub(b"", _KEY_FIELD.sub(b"", text[match.end() : end]))
    return len(body) >= _LEAST_KEY and len(set(body)) >= _VARIETY and _BASE64.fullmatch(body) is not None


_KEY_FIELD = re.compile(rb"(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset): [^\r\n\\]{0,200}")
_AROUND_KEY = re.compile(rb"\\{1,4}[nrt]|[\s\\\"']")
_BASE64 = re.compile(rb"[A-Za-z0-9+/=]+")

_END_OF_TOKEN = rb"(?![A-Za-z0-9_])"

RULES = (
    Rule(
        "aws-access-key-id",
        "AWS access key ID",
        Level.CRITICAL,
        (b"AKIA", b"ASIA"),
        re.compile(rb"(?<![A-Za-z0-9/+_-])(?P<shown>AKIA|ASIA)(?P<secret>[A-Z0-9]{16})(?![A-Za-z0-9/+=])"),
        _no_placeholder,
    ),
    Rule(
        "aws-secret-access-key",
        "AWS secret access key",
        Level.CRITICAL,
        (b"aws_secret", b"AWS_SECRET"),
        re.compile(
            rb"(?P<shown>(?:aws_secret|AWS_SECRET)(?:_access|_ACCESS)?(?:_key|_KEY))"
            rb"[\"']?[ \t]{0,20}(?:=>?|:)[ \t]{0,20}[\"']?"
            rb"(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
        ),
        _no_placeholder,
    ),
    Rule(
        "github-pat",
        "GitHub personal access token",
        Level.CRITICAL,
        (b"ghp_",),
        re.compile(rb"(?<![A-Za-z0-9])(?P<shown>ghp_)(?P<secret>[A-Za-z0-9]{36,255}+)" + _END_OF_TOKEN),
        _no_placeholder,
    ),
    Rule(
        "github-fine-grained-pat",
        "GitHub fine-grained personal access token",
        Level.CRITICAL,
        (b"github_pat_",),
        re.compile(
            rb"(?<![A-Za-z0-9])(?P<shown>github_pat_)(?P<secret>[A-Za-z0-9]{22}_[A-Za-z0-9]{59})" + _END_OF_TOKEN
        ),
        _no_placeholder,
    ),
    Rule(
        "github-oauth",
        "GitHub OAuth access token",
        Level.CRITICAL,
        (b"gho_",),
        re.compile(rb"(?<![A-Za-z0-9])(?P<shown>gho_)(?P<secret>[A-Za-z0-9]{36,255}+)" + _END_OF_TOKEN),
        _no_placeholder,
    ),
    Rule(
        "github-app-token",
        "GitHub App token",
        Level.CRITICAL,
        (b"ghu_", b"ghs_"),
        re.compile(rb"(?<![A-Za-z0-9])(?P<shown>gh[us]_)(?P<secret>[A-Za-z0-9]{36,255}+)" + _END_OF_TOKEN),
        _no_placeholder,
    ),
    Rule(
        "github-refresh-token",
        "GitHub refresh token",
        Level.CRITICAL,
        (b"ghr_",),
        re.compile(rb"(?<![A-Za-z0-9])(?P<shown>ghr_)(?P<secret>[A-Za-z0-9]{36,255}+)" + _END_OF_TOKEN),
        _no_placeholder,
    ),
    Rule(
        "gitlab-pat",
        "GitLab personal access token",
        Level.CRITICAL,
        (b"glpat-",),
        re.compile(
            rb"(?<![A-Za-z0-9])(?P<shown>glpat-)(?P<secret>[A-Za-z0-9_-]{20,300}+(?:\.[0-9a-z]{2}\.[0-9a-z]{9})?)"
            rb"(?![A-Za-z0-9_-])"
        ),
        _no_placeholder,
    ),
    Rule(
        "private-key",
        "Asymmetric private key",
        Level.HIGH,
        (b"PRIVATE KEY-----", b"PRIVATE KEY BLOCK-----"),
        re.compile(rb"(?P<shown>-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----)"),
        _is_whole_key,
    ),
)
