"""Which files tell of packages of a language, by their paths alone.

Packages of a system bring such files too. They are remembered as owned, and the package of the language is then not
matched a second time: distributions mend flaws without changing the version that such a file shows.
"""

import re

_TELLS = re.compile(
    r"""
      \.(?:dist-info/METADATA | egg-info(?:/PKG-INFO)?) $       # Python
    | (?:^|/) EGG-INFO/PKG-INFO $
    | (?:^|/) package\.json $                                   # Node.js
    | \.gemspec $                                               # Ruby
    | \.(?:[jwenp]ar|[jh]pi) $                                  # Java
    | (?:^|/) composer/installed\.json $                        # PHP
    | \.deps\.json $                                            # .NET
    """,
    re.VERBOSE,
)


def tells(path: str) -> bool:
    """Whether a reader of language packages could want this file.

    Programs, which are known by their bytes, are not among them: who builds one outside of the distribution would hide
    its flaws by packing it.
    """
    return _TELLS.search(path) is not None
