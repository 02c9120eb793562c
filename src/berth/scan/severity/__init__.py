"""How bad a flaw is: the level that the vendor of the package gives it, else the one that its CVSS score means."""

from berth.scan.severity.osv import rate
from berth.scan.severity.rating import MALWARE, RANK, UNRATED, Rating, highest, stronger
from berth.scan.severity.scanners import of_grype, of_harbor, of_trivy

__all__ = [
    "MALWARE",
    "RANK",
    "UNRATED",
    "Rating",
    "highest",
    "of_grype",
    "of_harbor",
    "of_trivy",
    "rate",
    "stronger",
]
