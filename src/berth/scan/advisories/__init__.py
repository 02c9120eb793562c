"""Advisories, in a file of their own (SPEC 6): read once into SQLite, then only ever looked up in.

    folder · all.zip · bundle ──sources──> (ecosystem, record) ──records──> rows ──building──> a build
                                                                              |                  |
                                                              links ──flaws──> which record      opened, read-only,
                                                                            tells of which flaw  by any number

A build is made beside the one in force and put in its place when it is whole; the one before is kept to go back to.
"""
