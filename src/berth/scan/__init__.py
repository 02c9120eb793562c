"""Vulnerability scanning (SPEC 6): what is in an image, and what is known about that.

    blobs ──layers──> entries ──catalog · secrets──> inventory ──components──> matches ──results──> what people see
                                                         ^                        ^
                                                    stored per digest     advisories, in a file of their own

Inventory and matching are apart: an inventory is taken once for each digest, and when advisories change it is
matched again without a layer being read.
"""
