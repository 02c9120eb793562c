"""Fetching advisories from where they are published.

    mirrors   one file of an export: over HTTP, or from a folder; with limits on what it costs
    exports   what of an ecosystem's export is to be fetched: nothing, what has changed, or all
    given     files that people bring, of makers that OSV has not, told apart by what is in them

What comes out is what `advisories.sources` gives: pairs of an ecosystem and an OSV record.
"""
