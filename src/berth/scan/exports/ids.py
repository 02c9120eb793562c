"""Names for what has none of its own: the same for the same thing in every report, whatever stands beside it."""

import hashlib
import json
from dataclasses import fields

from berth.scan.inventory import Package, Secret
from berth.scan.report import Finding

_FIELDS = tuple(field.name for field in fields(Package))


def package(package: Package) -> str:
    """Of two packages that differ in anything the names differ."""
    return "package-" + _hash(*(getattr(package, name) for name in _FIELDS))


def finding(finding: Finding) -> str:
    """Stays when an image is built anew and the finding is still in it, so that tools can follow it."""
    found = finding.package
    return _hash(
        "finding", finding.match.vulnerability.id, found.type, found.name, found.version, found.arch, found.path
    )


def secret(secret: Secret) -> str:
    return _hash("secret", secret.rule, secret.path, secret.line, secret.masked)


def text(text: str) -> str:
    return _hash("text", text)


def _hash(*parts: str | int) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
