"""With TLS the bytes must pass through the transport, so the fast road is not offered and nothing else changes."""

import datetime as dt
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.doors.wire.serving import ROADS, Served, chunked, head, serve, told

BODY = bytes(range(256)) * 10_000


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and the certificate it has signed for itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "berth")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    path = tmp_path_factory.mktemp("tls") / "berth.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture(scope="module", params=["wire", "wire on asyncio"])
def served(request: pytest.FixtureRequest, file: Path, certificate: Path) -> Iterator[Served]:
    with serve(ROADS[request.param], file, certificate=certificate) as served:
        yield served


@pytest.fixture
def trust() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_bodies_and_files_are_whole(served: Served, file: Path, trust: ssl.SSLContext) -> None:
    with served.client(trust=trust) as client:
        client.send(head("/take", f"Content-Length: {len(BODY)}"), BODY)
        assert client.answer() == told(BODY)
        client.send(head("/take", "Transfer-Encoding: chunked"), chunked(BODY, 9000))
        assert client.answer() == told(BODY)
        assert client.get("/file") == (200, file.read_bytes())
        assert client.get("/hello") == (200, b"hello")
    assert {frozenset(served.harbour.offered.get()) for _ in range(4)} == {frozenset()}


def test_an_answer_before_a_long_body_ends_the_connection(served: Served, trust: ssl.SSLContext) -> None:
    with served.client(trust=trust) as client:
        client.send(head("/404", "Content-Length: 20000000"))
        assert client.answer() == (404, b"nothing here")
        assert client.at_end()
