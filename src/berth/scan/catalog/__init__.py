"""The catalog of an image: a `Reader` for every kind of file that tells of packages (SPEC 6)."""

from berth.scan.catalog import languages, system

READERS = (*system.READERS, *languages.READERS)
