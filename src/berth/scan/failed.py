"""Why a scan ends without a result. The code is stored and shown; the text is for people."""

from typing import Literal

Code = Literal[
    "BLOB_MISSING",
    "LIMIT_LAYER_SIZE",
    "LIMIT_ENTRIES",
    "LIMIT_TIME",
    "LIMIT_MEMORY",
    "BAD_ARCHIVE",
    "UNSUPPORTED_COMPRESSION",
    "ENCRYPTED_LAYER",
    "NO_DATABASE",
    "SCANNER_EXIT",
    "SCANNER_TIMEOUT",
    "SCANNER_OUTPUT",
    "ADAPTER_UNREACHABLE",
    "ADAPTER_REJECTED",
    "WORKER_LOST",
]


class ScanFailed(Exception):
    """A scan that cannot go on: a layer that is no archive, a limit, a scanner that misbehaves."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
