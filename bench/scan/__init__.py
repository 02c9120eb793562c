"""Scans: of one image, of 10,000 digests when advisories change, and what lists and searches of them take."""
