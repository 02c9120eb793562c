"""Scanners that somebody else makes and an operator has put there: Trivy, Grype, and what speaks Harbor's scanner API.

    a setting ──configured──> trivy · grype ──running──> a binary, given an OCI layout ──parse──> Reported
                              harbor ──────────────────> an adapter, given a name to pull ──parse──> Reported

Berth never downloads them. What they print is as little trusted as the image that they read: it is bounded, checked
and cleaned here, and becomes the same packages, findings and gaps that the own scanner gives.
"""
