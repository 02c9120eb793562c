"""A conversation with an adapter, a real one on loopback, however it answers."""

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from berth.scan.external import harbor
from berth.scan.external.adapter import Limits
from berth.scan.external.configured import Harbor
from berth.scan.external.harbor import Subject
from berth.scan.external.reported import Reported
from berth.scan.failed import ScanFailed
from berth.scan.process import Canceled
from tests.scan.external.adapters import (
    FORGOTTEN,
    NOT_READY,
    OCI,
    OLD_REPORT,
    READY,
    REPORT,
    Answer,
    Plan,
    Running,
    answer,
    metadata,
)
from tests.scan.external.recorded import rows
from tests.scan.external.test_harbor_reports import INVENTORY, MOUNT, SECRET

Start = Callable[[Plan], Running]

DIGEST = "sha256:" + "1" * 64
SUBJECT = Subject("https://registry.example", "main/apps/web", DIGEST, "v1", OCI, "Bearer t0ken", "Basic dDBrZW4=")
QUICK = Limits(body_bytes=1 << 20, wait_default=0.01, wait_least=0.0, wait_most=0.02)


def config(adapter: Running, **changes: Any) -> Harbor:  # Any: fields
    return replace(Harbor("ours", adapter.url, "Basic c2NhbjpuZXI=", timeout_seconds=60.0), **changes)


def scan(adapter: Running, subject: Subject = SUBJECT, **changes: Any) -> Reported:  # Any: fields
    return harbor.scan(config(adapter, **changes), subject, INVENTORY, threading.Event(), limits=QUICK)


def failure(adapter: Running, subject: Subject = SUBJECT, **changes: Any) -> ScanFailed:  # Any: fields
    with pytest.raises(ScanFailed) as failed:
        scan(adapter, subject, **changes)
    return failed.value


def planned(kind: str, always: Answer) -> Plan:
    answers: dict[str, Any] = {kind: [always]}  # Any: fields
    return replace(Plan(), **answers)


def test_a_report_that_is_ready_at_once_is_a_result(adapter: Start) -> None:
    properties = {"vulnerability-database-updated-at": "2026-10-01T08:00:00Z"}
    reported = scan(adapter(Plan(metadata=[metadata(**properties)])))
    assert rows(reported) == [("os", "mount", "2.38.1-5+b1", "CVE-2020-1001", "high", "unfixed")]
    assert reported.findings[0].package == MOUNT
    assert reported.secrets == (SECRET,)
    assert (reported.scanner, reported.scanner_version) == ("ours", "Clair 4.8")
    assert reported.database_at == datetime(2026, 10, 1, 8, tzinfo=UTC)


def test_the_adapter_is_told_what_to_pull_and_how(adapter: Start) -> None:
    running = adapter(Plan())
    scan(running)
    (asked,) = running.requests("/api/v1/metadata")
    assert asked.headers["accept"] == "application/vnd.scanner.adapter.metadata+json; version=1.0"
    submitted = next(each for each in running.requests() if each.method == "POST")
    assert submitted.path == "/api/v1/scan"
    assert submitted.headers["content-type"] == "application/vnd.scanner.adapter.scan.request+json; version=1.0"
    assert json.loads(submitted.body) == {
        "registry": {"url": "https://registry.example", "authorization": "Bearer t0ken"},
        "artifact": {"repository": "main/apps/web", "digest": DIGEST, "tag": "v1", "mime_type": OCI},
    }
    (polled,) = running.requests("/report")
    assert polled.path == "/api/v1/scan/scan%201%2F2/report"
    assert polled.headers["accept"] == REPORT
    assert {each.headers["authorization"] for each in running.requests()} == {"Basic c2NhbjpuZXI="}


@pytest.mark.parametrize(
    ("wanted", "given"), [("Basic", "Basic dDBrZW4="), ("Bearer", "Bearer t0ken"), ("", "Bearer t0ken")]
)
def test_an_adapter_pulls_with_what_it_can(adapter: Start, wanted: str, given: str) -> None:
    running = adapter(Plan(metadata=[metadata(**{"registry-authorization-type": wanted})]))
    scan(running)
    submitted = next(each for each in running.requests() if each.method == "POST")
    assert json.loads(submitted.body)["registry"]["authorization"] == given


def test_an_image_without_a_tag_has_none(adapter: Start) -> None:
    running = adapter(Plan())
    scan(running, replace(SUBJECT, tag=""))
    submitted = next(each for each in running.requests() if each.method == "POST")
    assert "tag" not in json.loads(submitted.body)["artifact"]


def test_an_adapter_below_a_path_is_asked_there(adapter: Start) -> None:
    running = adapter(Plan())
    scan(replace(running, url=f"{running.url}/clair"))
    assert {each.path.partition("/api/")[0] for each in running.requests()} == {"/clair"}


@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize(
    "after", [{}, {"Refresh_After": "0"}, {"Refresh_After": "999999999"}, {"Refresh_After": "-1 s"}]
)
def test_a_report_that_is_not_ready_is_asked_for_again(adapter: Start, times: int, after: dict[str, str]) -> None:
    running = adapter(Plan(report=[answer("", 302, **after)] * times + [READY]))
    assert len(scan(running).findings) == 1
    assert len(running.requests("/report")) == times + 1
    assert len(running.requests("/scan")) == times + 2


def test_it_is_not_asked_again_before_it_wants_to_be(adapter: Start) -> None:
    running = adapter(Plan(report=[answer("", 302, Refresh_After="30"), READY]))
    slow = replace(QUICK, wait_most=60.0)
    with pytest.raises(ScanFailed) as failed:
        harbor.scan(config(running, timeout_seconds=2.0), SUBJECT, INVENTORY, threading.Event(), limits=slow)
    assert failed.value.code == "SCANNER_TIMEOUT"
    assert len(running.requests("/report")) <= 1


def test_where_a_302_leads_nobody_goes(adapter: Start) -> None:
    elsewhere = answer("", 302, Location="/elsewhere")
    running = adapter(Plan(report=[elsewhere, elsewhere, READY]))
    assert len(scan(running).findings) == 1
    assert running.requests("/elsewhere") == []


@pytest.mark.parametrize("status", [301, 303, 307, 308])
def test_another_redirect_is_a_failure(adapter: Start, status: int) -> None:
    running = adapter(Plan(report=[answer("", status, Location="/elsewhere")]))
    assert failure(running).code == "ADAPTER_REJECTED"
    assert running.requests("/elsewhere") == []


def test_a_scan_that_was_forgotten_is_submitted_again(adapter: Start) -> None:
    submit = [answer({"id": "first"}, 202), answer({"id": "second"}, 202)]
    running = adapter(Plan(submit=submit, report=[NOT_READY, FORGOTTEN, NOT_READY, READY]))
    assert len(scan(running).findings) == 1
    assert [each.path.split("/")[4] for each in running.requests("/report")] == ["first", "first", "second", "second"]


def test_a_scan_that_is_forgotten_each_time_is_given_up(adapter: Start) -> None:
    running = adapter(Plan(report=[FORGOTTEN]))
    assert failure(running).code == "ADAPTER_REJECTED"
    assert len([each for each in running.requests() if each.method == "POST"]) == 3


def test_a_report_that_is_never_ready_ends_at_the_deadline(adapter: Start) -> None:
    running = adapter(Plan(report=[NOT_READY]))
    assert failure(running, timeout_seconds=2.0).code == "SCANNER_TIMEOUT"
    assert len(running.requests("/report")) >= 1


@pytest.mark.parametrize("kind", ["metadata", "submit", "report"])
def test_an_answer_that_never_ends_ends_at_the_deadline(adapter: Start, kind: str) -> None:
    assert failure(adapter(planned(kind, {"drip": True})), timeout_seconds=1.0).code == "SCANNER_TIMEOUT"
    waiting = [thread for thread in threading.enumerate() if thread.name == "scanner adapter"]
    for thread in waiting:
        thread.join(60)
    assert not any(thread.is_alive() for thread in waiting)


def test_a_scan_that_nobody_wants_any_more_is_given_up(adapter: Start) -> None:
    running, cancel = adapter(Plan(report=[NOT_READY])), threading.Event()
    cancel.set()
    with pytest.raises(Canceled):
        harbor.scan(config(running), SUBJECT, INVENTORY, cancel, limits=QUICK)


def test_a_list_that_is_null_is_a_clean_image(adapter: Start) -> None:
    assert scan(adapter(Plan(report=[answer({"vulnerabilities": None})]))).findings == ()


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("metadata", 401, "ADAPTER_REJECTED"),
        ("metadata", 500, "ADAPTER_REJECTED"),
        ("metadata", 503, "ADAPTER_UNREACHABLE"),
        ("submit", 400, "ADAPTER_REJECTED"),
        ("submit", 422, "ADAPTER_REJECTED"),
        ("submit", 500, "ADAPTER_REJECTED"),
        ("submit", 501, "ADAPTER_REJECTED"),
        ("submit", 502, "ADAPTER_UNREACHABLE"),
        ("report", 400, "ADAPTER_REJECTED"),
        ("report", 500, "ADAPTER_REJECTED"),
        ("report", 504, "ADAPTER_UNREACHABLE"),
    ],
)
def test_a_refusal_says_what_the_adapter_says(adapter: Start, kind: str, status: int, code: str) -> None:
    refusal = answer({"error": {"message": "running trivy: \x1b[31mno space left"}}, status)
    failed = failure(adapter(planned(kind, refusal)))
    assert failed.code == code
    assert failed.text.endswith(f"the adapter answers {status}: running trivy: [31mno space left")


def test_what_an_adapter_repeats_of_credentials_is_not_told(adapter: Start) -> None:
    said = {"error": {"message": "cannot pull with t0ken or dDBrZW4=, asked by c2NhbjpuZXI="}}
    failed = failure(adapter(Plan(report=[answer(said, 500)])))
    assert failed.text.endswith(": cannot pull with *** or ***, asked by ***")


@pytest.mark.parametrize("kind", ["metadata", "submit", "report"])
def test_a_huge_answer_is_not_taken(adapter: Start, kind: str) -> None:
    huge = answer("x" * (1 << 20)) | {"repeat": 200}
    assert failure(adapter(planned(kind, huge))).code == "SCANNER_OUTPUT"


@pytest.mark.parametrize("body", ["", "garbage \0", "[]", '{"vulnerabilities": [', "{}"])
@pytest.mark.parametrize("kind", ["submit", "report"])
def test_an_answer_that_says_nothing_is_a_failure(adapter: Start, kind: str, body: str) -> None:
    assert failure(adapter(planned(kind, answer(body)))).code == "SCANNER_OUTPUT"


@pytest.mark.parametrize("name", ["..", ".", "", 7, None, "x" * 600])
def test_an_id_that_leads_elsewhere_is_not_followed(adapter: Start, name: object) -> None:
    running = adapter(Plan(submit=[answer({"id": name}, 202)]))
    assert failure(running).code == "SCANNER_OUTPUT"
    assert running.requests("/report") == []


@pytest.mark.parametrize(
    "capability",
    [
        {"consumes_mime_types": ["application/x"], "produces_mime_types": [REPORT]},
        {"consumes_mime_types": [OCI], "produces_mime_types": ["application/vnd.scanner.adapter.vuln.report.raw"]},
        {"type": "sbom", "consumes_mime_types": [OCI], "produces_mime_types": [REPORT]},
        {"consumes_mime_types": None, "produces_mime_types": {}},
    ],
)
def test_what_an_adapter_cannot_do_is_not_asked_of_it(adapter: Start, capability: dict[str, Any]) -> None:  # Any: JSON
    running = adapter(Plan(metadata=[metadata(capability)]))
    assert failure(running).code == "ADAPTER_REJECTED"
    assert [each.method for each in running.requests()] == ["GET"]


def test_an_older_kind_of_report_is_asked_for_where_there_is_no_other(adapter: Start) -> None:
    capability = {"type": "vulnerability", "consumes_mime_types": [OCI], "produces_mime_types": [OLD_REPORT]}
    running = adapter(Plan(metadata=[metadata(capability)]))
    scan(running)
    assert [each.headers["accept"] for each in running.requests("/report")] == [OLD_REPORT]


def test_an_adapter_says_what_it_is_and_how_it_wants_to_be_let_in(adapter: Start) -> None:
    running = adapter(Plan(metadata=[metadata(**{"registry-authorization-type": "Bearer"})]))
    told = harbor.metadata(config(running), threading.Event())
    assert (told.name, told.vendor, told.version, told.authorization_type) == ("Clair", "Quay", "4.8", "Bearer")


def test_an_adapter_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert failure(Running(f"http://127.0.0.1:{port}", tmp_path)).code == "ADAPTER_UNREACHABLE"


def test_what_speaks_no_http_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1)
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

        speaking = threading.Thread(target=speak)
        speaking.start()
        failed = failure(Running(f"http://127.0.0.1:{server.getsockname()[1]}", Path()))
        speaking.join()
    assert failed.code == "ADAPTER_UNREACHABLE"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, by itself, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "adapter")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path_factory.mktemp("adapter") / "certificate.pem"
    file.write_bytes(made.public_bytes(pem) + private)
    return file


def test_a_certificate_is_trusted_by_the_configuration_and_by_nothing_else(adapter: Start, certificate: Path) -> None:
    running = adapter(Plan(certificate=certificate))
    assert failure(running).code == "ADAPTER_UNREACHABLE"
    assert len(scan(running, ca=str(certificate)).findings) == 1
    public = certificate.read_text().partition("-----BEGIN PRIVATE KEY")[0]
    assert len(scan(running, ca=public).findings) == 1


@pytest.mark.parametrize("ca", ["/nowhere/ca.pem", "-----BEGIN CERTIFICATE-----\ngarbage"])
def test_certificates_that_cannot_be_read_are_told(tmp_path: Path, ca: str) -> None:
    assert failure(Running("https://127.0.0.1:9", tmp_path), ca=ca).code == "ADAPTER_UNREACHABLE"


def test_secrets_are_not_in_what_is_printed_of_a_subject() -> None:
    assert not any(secret in repr(SUBJECT) for secret in ("t0ken", "dDBrZW4="))
