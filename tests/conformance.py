"""The official conformance suite of the OCI distribution specification, against a Berth made for the purpose.

`make conformance SUITE=path/to/binary` runs it twice, by Bearer and by Basic, and fails where a case fails. Both
generations of the suite are known: the program of the main branch, and the ginkgo test binary of v1.1.1.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.basic_proxy import signing_in
from tests.serving import ADMIN, PASSWORD, REPOSITORY, served

HOW = """Say which suite to run: make conformance SUITE=path/to/binary

To build one, with Go and a copy of github.com/opencontainers/distribution-spec:

    cd distribution-spec/conformance
    go build -o conformance .       # the main branch
    go test -c -o conformance .     # the tag v1.1.1
"""

ON = "true"
APIS = {
    "PING": "",
    "PULL": "",
    "PUSH": "",
    "REFERRER": "",
    "BLOBS": "ATOMIC DELETE DIGEST_HEADER MOUNT_ANONYMOUS UPLOAD_CANCEL",
    "MANIFESTS": "ATOMIC DELETE DIGEST_HEADER TAG_PARAM",
    "TAGS": "ATOMIC DELETE LIST",
}
DATA = (
    "IMAGE INDEX INDEX_LIST ARTIFACT SUBJECT SUBJECT_MISSING ARTIFACT_LIST SUBJECT_LIST DATA_FIELD NONDISTRIBUTABLE "
    "CUSTOM_FIELDS NO_LAYERS EMPTY_BLOB SHA512"
)


@dataclass(frozen=True)
class Suite:
    """How one generation is run, and when it has passed."""

    marks: bytes
    """Stands in the binary of this generation alone."""
    words: tuple[str, ...]
    settings: Callable[[str, Path, str, str], dict[str, str]]
    results: re.Pattern[str]
    passed: Callable[[str], bool]


def _main_settings(host: str, folder: Path, name: str, secret: str) -> dict[str, str]:
    apis = [
        f"OCI_API_{api}{'_' + part if part else ''}" for api, parts in APIS.items() for part in parts.split() or [""]
    ]
    data = [f"OCI_DATA_{kind}" for kind in DATA.split()]
    return {
        "OCI_VERSION": "dev",
        "OCI_REGISTRY": host,
        "OCI_TLS": "disabled",
        "OCI_REPO1": f"{REPOSITORY}/one",
        "OCI_REPO2": f"{REPOSITORY}/two",
        "OCI_USERNAME": name,
        "OCI_PASSWORD": secret,
        "OCI_CACHE_AUTH": ON,
        "OCI_RESULTS_DIR": str(folder),
        **dict.fromkeys([*apis, *data], ON),
        "OCI_DATA_SPARSE": "false",  # an image without its layers is refused here, as a registry may
    }


def _main_passed(said: str) -> bool:
    """A skip hides under a pass, so it counts as a failure; a configuration that is wrong says nothing at all."""
    counts = dict(re.findall(r"^\s*(Skip|FAIL|Error):\s*(\d+)", said, re.MULTILINE))
    return "OCI Conformance Result: Pass" in said and not any(int(count) for count in counts.values())


def _ginkgo_settings(host: str, folder: Path, name: str, secret: str) -> dict[str, str]:
    parts = ("TEST_PULL", "TEST_PUSH", "TEST_CONTENT_DISCOVERY", "TEST_CONTENT_MANAGEMENT")
    return {
        "OCI_ROOT_URL": f"http://{host}",
        "OCI_NAMESPACE": f"{REPOSITORY}/three",
        "OCI_CROSSMOUNT_NAMESPACE": f"{REPOSITORY}/four",
        "OCI_USERNAME": name,
        "OCI_PASSWORD": secret,
        "OCI_DELETE_MANIFEST_BEFORE_BLOBS": "1",
        "OCI_AUTOMATIC_CROSSMOUNT": "1",
        "OCI_REPORT_DIR": str(folder),
        **dict.fromkeys([f"OCI_{part}" for part in parts], "1"),
    }


SUITES = (
    Suite(
        b"OCI Conformance Result",
        (),
        _main_settings,
        re.compile(r"^OCI Conformance Result.*(?:\n.*){6}", re.MULTILINE),
        _main_passed,
    ),
    Suite(
        b"OCI_AUTOMATIC_CROSSMOUNT",
        ("-ginkgo.no-color",),
        _ginkgo_settings,
        re.compile(r"^(?:Ran .* Specs|SUCCESS!|FAIL!|.*\[FAIL\]).*$", re.MULTILINE),
        lambda said: "SUCCESS!" in said,
    ),
)


def main(words: list[str]) -> int:
    binary = Path(words[0]) if words else None
    if binary is None or not binary.is_file():
        print(HOW if binary is None else f"{binary} is not a file\n\n{HOW}")
        return 2
    suite = next((suite for suite in SUITES if suite.marks in binary.read_bytes()), None)
    if suite is None:
        print(f"{binary} is neither of the suites\n\n{HOW}")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        return 0 if _passes(suite, binary.absolute(), Path(folder)) else 1


def _passes(suite: Suite, binary: Path, folder: Path) -> bool:
    with served(folder / "bearer") as server:
        by_bearer = _run(suite, binary, folder / "bearer", server.host, ADMIN, PASSWORD)
    with served(folder / "basic") as server, signing_in(server.port, ADMIN, PASSWORD) as port:
        by_basic = _run(suite, binary, folder / "basic", f"127.0.0.1:{port}", "", "")
    return by_bearer and by_basic


def _run(suite: Suite, binary: Path, folder: Path, host: str, name: str, secret: str) -> bool:
    print(f"By {folder.name}:", flush=True)
    results = folder / "results"
    results.mkdir()
    settings = {key: value for key, value in os.environ.items() if not key.startswith("OCI_")}
    done = subprocess.run(
        [binary, *suite.words],
        env={**settings, **suite.settings(host, results, name, secret)},
        cwd=results,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
    )
    passed = done.returncode == 0 and suite.passed(done.stdout)
    found = suite.results.findall(done.stdout)
    print("\n".join(found) if found and passed else done.stdout[-20_000:])
    return passed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
