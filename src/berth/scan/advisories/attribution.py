"""Whose data the advisories are, as their licences ask to be told."""

OSV = "Collected by OSV.dev."

_TEXTS = {
    "AlmaLinux": "AlmaLinux OS Foundation, AlmaLinux security advisories, MIT licence.",
    "Alpine": "Alpine Linux, security database (secdb).",
    "Chainguard": "Chainguard, security advisories, CC BY-NC-ND 4.0; imported by the operator of this registry.",
    "Debian": "The Debian Project, Debian Security Tracker and security advisories.",
    "Go": "The Go Authors, Go Vulnerability Database, CC BY 4.0.",
    "Maven": "GitHub, Inc., GitHub Advisory Database, CC BY 4.0.",
    "NuGet": "GitHub, Inc., GitHub Advisory Database, CC BY 4.0.",
    "Packagist": "GitHub, Inc., GitHub Advisory Database, CC BY 4.0.",
    "Pub": "GitHub, Inc., GitHub Advisory Database, CC BY 4.0.",
    "PyPI": "Python Packaging Authority, Python Packaging Advisory Database, CC BY 4.0;"
    " GitHub, Inc., GitHub Advisory Database, CC BY 4.0.",
    "Red Hat": "Red Hat, Inc., security data.",
    "Rocky Linux": "Rocky Enterprise Software Foundation, Rocky Linux errata, BSD licence.",
    "RubyGems": "GitHub, Inc., GitHub Advisory Database, CC BY 4.0.",
    "SUSE": "SUSE LLC, security data.",
    "Ubuntu": "Canonical Ltd., Ubuntu security notices and CVE data, CC BY-SA 4.0.",
    "Wolfi": "Chainguard, Wolfi security advisories, CC BY-NC-ND 4.0; imported by the operator of this registry.",
    "crates.io": "RustSec, Advisory Database, CC0 1.0; GitHub, Inc., GitHub Advisory Database, CC BY 4.0.",
    "npm": "GitHub, Inc., GitHub Advisory Database, CC BY 4.0; OpenSSF, Malicious Packages, Apache License 2.0.",
    "openSUSE": "SUSE LLC, security data.",
}


def of(ecosystem: str) -> str:
    """Empty for a source that is not one of OSV's."""
    text = _TEXTS.get(ecosystem)
    return f"{text} {OSV}" if text is not None else ""
