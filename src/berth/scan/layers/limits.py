"""How much of a hostile image is looked at before the scan stops or leaves the rest out."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """The first group ends a scan, the second leaves something out and says so, the third is of the process."""

    layer_bytes: int = 20 * GIB
    """Of one layer, unpacked."""
    image_bytes: int = 50 * GIB
    entries: int = 2_000_000
    """In all layers of an image."""
    header_bytes: int = MIB
    """Of one extended header: a PAX record, a long name."""
    window_bytes: int = 128 * MIB
    """That a zstd frame may look back, which is what it takes in memory."""

    path_bytes: int = 4096
    depth: int = 255
    hops: int = 16
    """Links followed to find one file."""
    links: int = 200_000
    """Kept of one layer."""
    captured_bytes: int = GIB
    """Of package managers' files in one layer."""
    packages: int = 200_000
    secrets: int = 10_000
    gaps: int = 200
    config_bytes: int = 4 * MIB

    held_bytes: int = 16 * MIB
    """Of one file that are held in memory; of a longer one they are in a temporary file without a name."""
    memory_bytes: int = GIB
    file_bytes: int = GIB
    open_files: int = 64
    cpu_seconds: int = 600
    wall_seconds: float = 600
