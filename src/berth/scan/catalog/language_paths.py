"""Which files tell of packages of a language, by their paths alone.

Packages of a system bring such files too. They are remembered as owned, and the package of the language is then not
matched a second time: distributions mend flaws without changing the version that such a file shows.
"""

_PYTHON = (".dist-info/METADATA", ".egg-info", ".egg-info/PKG-INFO", "/EGG-INFO/PKG-INFO")
_JAVA = (".jar", ".war", ".ear", ".par", ".nar", ".jpi", ".hpi")
_OTHERS = ("/package.json", ".gemspec", "/composer/installed.json", ".deps.json")
_ENDS = (*_PYTHON, *_JAVA, *_OTHERS)


def tells(path: str) -> bool:
    """Whether a reader of language packages could want this file.

    Programs, which are known by their bytes, are not among them: who builds one outside of the distribution would hide
    its flaws by packing it.
    """
    return path.endswith(_ENDS)
