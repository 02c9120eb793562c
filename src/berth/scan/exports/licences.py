"""Licences as packages state them: some are SPDX expressions, many are only words."""

from functools import lru_cache

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

LONGEST = 500
"""Characters of an expression; what is longer is taken as words."""


@lru_cache(maxsize=1024)
def expression(stated: str) -> str:
    """The SPDX expression that is stated, as the licence list spells it; empty where it is none.

    `LicenseRef-` points to a text that a package has elsewhere and an inventory has not, so it is words here.
    """
    if not stated or len(stated) > LONGEST or "licenseref-" in stated.lower():
        return ""
    try:
        return canonicalize_license_expression(stated)
    except InvalidLicenseExpression:
        return ""
