"""A scanner adapter as a process of its own, which answers as a test has planned, one answer after the other."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("adapter_process.py")

Answer = dict[str, Any]  # Any: JSON
"""`status`, `headers`, and `body`, `repeat` (so many times the body), or `hang` (what comes first, then nothing)."""

OCI = "application/vnd.oci.image.manifest.v1+json"
REPORT = "application/vnd.security.vulnerability.report; version=1.1"
OLD_REPORT = "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0"


def answer(document: object = None, status: int = 200, **headers: str) -> Answer:
    body = document if isinstance(document, str) else json.dumps(document)
    return {
        "status": status,
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "body": body,
    }


def metadata(*capabilities: dict[str, Any], **properties: str) -> Answer:  # Any: JSON
    own = {"consumes_mime_types": [OCI], "produces_mime_types": [OLD_REPORT, REPORT]}
    return answer(
        {
            "scanner": {"name": "Clair", "vendor": "Quay", "version": "4.8"},
            "capabilities": list(capabilities) or [own],
            "properties": {f"harbor.scanner-adapter/{name}": value for name, value in properties.items()},
        }
    )


NOT_READY = answer("", 302)
FORGOTTEN = answer({"error": {"message": "no such scan"}}, 404)
FOUND = {"id": "CVE-2020-1001", "package": "mount", "version": "2.38.1-5+b1", "severity": "High"}
READY = answer({"vulnerabilities": [FOUND]})


@dataclass(frozen=True)
class Plan:
    """Answers to each kind of request, in their order; the last one again and again."""

    report: list[Answer] = field(default_factory=lambda: [READY])
    submit: list[Answer] = field(default_factory=lambda: [answer({"id": "scan 1/2"}, 202)])
    metadata: list[Answer] = field(default_factory=lambda: [metadata()])
    certificate: Path | None = None


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Running:
    url: str
    record: Path

    def requests(self, path: str = "") -> list[Request]:
        """Those that came, of one kind or all."""
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        return [made for line in lines if path in (made := Request(**json.loads(line))).path]


@contextmanager
def running(plan: Plan, folder: Path) -> Iterator[Running]:
    record = folder / "requests"
    plans = {"metadata": plan.metadata, "submit": plan.submit, "report": plan.report, "record": str(record)}
    plans["certificate"] = str(plan.certificate) if plan.certificate is not None else ""
    with subprocess.Popen(
        [sys.executable, "-I", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(plans) + "\n")
            process.stdin.flush()
            port = int(process.stdout.readline())
            scheme = "https" if plan.certificate is not None else "http"
            yield Running(f"{scheme}://127.0.0.1:{port}", record)
        finally:
            process.kill()
