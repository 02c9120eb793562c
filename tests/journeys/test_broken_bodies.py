"""Bodies that break off, stand still or are larger than anybody needs: answered or cut, with nothing left behind."""

import base64
import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import documents
from tests.client import Image, location
from tests.documents import digest_of
from tests.journeys.conftest import prepared
from tests.serving import ADMIN, PASSWORD, REPOSITORY, Server, served, wait_for

CONTENT = b"0123456789" * 300_000
SMALL = b"0123456789" * 1_000


@pytest.fixture(scope="module")
def impatient(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits a second for a body to go on."""
    folder = prepared(sqlite_template, tmp_path_factory.mktemp("impatient"))
    with served(folder, settings={"BERTH_IDLE_SECONDS": "1"}) as running:
        yield running


@pytest.fixture
def image(impatient: Server, request: pytest.FixtureRequest) -> Image:
    name = request.node.name.replace("[", "-").replace("]", "").replace("_", "-").lower()
    return impatient.client().image(f"{REPOSITORY}/{name}")


@pytest.fixture
def dial(impatient: Server) -> Iterator["Dial"]:
    """Opens connections, and closes them at the end whatever the test has come to."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(contextlib.closing(Line(impatient)))


class Line:
    """A connection over which a request goes out byte by byte."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)

    def begin(self, method: str, target: str, *fields: str) -> None:
        token = base64.b64encode(f"{ADMIN}:{PASSWORD}".encode()).decode()
        lines = [f"{method} {target} HTTP/1.1", "Host: localhost", f"Authorization: Basic {token}", *fields, "", ""]
        self.send("\r\n".join(lines).encode())

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def rest(self) -> bytes:
        """All that the server still says; it ends because the server closes."""
        said = b""
        try:
            while piece := self.socket.recv(65536):
                said += piece
        except ConnectionResetError:
            pass
        self.close()
        return said

    def close(self) -> None:
        self.socket.close()


Dial = Callable[[], Line]


def offset(image: Image, upload: str) -> int:
    """How many bytes an upload has; `0-0` is none, as no test sends one."""
    last = int(image.client.ask("GET", upload).headers["range"].partition("-")[2])
    return last + 1 if last else 0


def stored(server: Server) -> list[Path]:
    """Every file of bytes that the server keeps."""
    return [path for path in (server.folder / "data" / "blobs").rglob("*") if path.is_file()]


@pytest.mark.parametrize("content", [CONTENT, SMALL], ids=["large", "small"])
@pytest.mark.parametrize("leaves", [True, False], ids=["leaves", "stands-still"])
def test_a_stream_that_is_not_finished_can_be_gone_on_with(
    dial: Dial, image: Image, content: bytes, leaves: bool
) -> None:
    upload, half = image.session(), len(content) // 2
    line = dial()
    line.begin("PATCH", upload, f"Content-Length: {len(content)}")
    line.send(content[:half])
    if content is CONTENT:
        wait_for(lambda: offset(image, upload) >= half // 2)
    if leaves:
        line.close()
    else:
        assert b" 20" not in line.rest()[:15]
    wait_for(lambda: image.append(upload, b"").status_code == 202)
    begun = offset(image, upload)
    assert begun <= half
    answer = image.append(upload, content[begun:], f"{begun}-{len(content) - 1}")
    assert answer.status_code == 202
    assert image.finish(upload, digest_of(content)).status_code == 201
    assert image.blob(digest_of(content)).content == content


@pytest.mark.parametrize("leaves", [True, False], ids=["leaves", "stands-still"])
@pytest.mark.parametrize("framing", ["sized", "chunked"])
def test_a_single_post_that_is_not_finished_leaves_nothing(
    impatient: Server, dial: Dial, image: Image, leaves: bool, framing: str
) -> None:
    before = stored(impatient)
    line = dial()
    target = f"/v2/{image.name}/blobs/uploads/?digest={digest_of(CONTENT[:500_000])}"
    if framing == "sized":
        line.begin("POST", target, f"Content-Length: {len(CONTENT)}")
        line.send(CONTENT[:500_000])
    else:
        line.begin("POST", target, "Transfer-Encoding: chunked")
        line.send(b"%x\r\n%s\r\n" % (500_000, CONTENT[:500_000]))
    if leaves:
        wait_for(lambda: stored(impatient) != before)
        line.close()
    else:
        assert b" 201 " not in line.rest()
    wait_for(lambda: stored(impatient) == before)
    assert image.blob(digest_of(CONTENT[:500_000])).status_code == 404


@pytest.mark.parametrize("leaves", [True, False], ids=["leaves", "stands-still"])
def test_a_manifest_that_is_not_finished_is_none(dial: Dial, image: Image, leaves: bool) -> None:
    image.push(b"{}")
    document = documents.manifest(b"{}", [])
    line = dial()
    line.begin("PUT", f"/v2/{image.name}/manifests/v1", f"Content-Length: {len(document.body)}")
    line.send(document.body[:-1])
    if leaves:
        line.close()
    else:
        said = line.rest()
        assert said.startswith(b"HTTP/1.1 408 ")
        assert b"stand" in said or b"sent nothing" in said
    assert not image.has("v1")
    assert image.put("v1", document).status_code == 201


def test_a_form_that_stands_still_is_cut(dial: Dial) -> None:
    line = dial()
    line.begin("POST", "/v2/token", "Content-Length: 100")
    line.send(b"grant_type=")
    assert line.rest().startswith(b"HTTP/1.1 408 ")


def test_a_body_that_breaks_its_framing_is_400_and_the_upload_lives_on(dial: Dial, image: Image) -> None:
    upload = image.session()
    line = dial()
    line.begin("PATCH", upload, "Transfer-Encoding: chunked")
    line.send(b"5\r\nhello\r\nnonsense\r\n")
    assert line.rest().startswith(b"HTTP/1.1 400 ")
    wait_for(lambda: image.append(upload, b"").status_code == 202)


def test_a_head_that_is_too_large_is_431(dial: Dial) -> None:
    line = dial()
    line.begin("GET", "/v2/", f"X-Much: {'x' * 70_000}")
    assert line.rest().startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "target", ["/v2/" + "a" * 60_000 + "/tags/list", "/v2/main/apps/x/tags/list?last=" + "a" * 60_000]
)
def test_a_long_target_is_only_a_name_that_is_not_there(dial: Dial, target: str) -> None:
    line = dial()
    line.begin("GET", target, "Connection: close")
    assert line.rest().startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("target", [b"/v2/\xff/tags/list", b"/v2/\x00/tags/list", b"/v2/a b/tags/list", b"v2", b"*"])
def test_a_target_that_is_none_is_answered_all_the_same(dial: Dial, target: bytes) -> None:
    line = dial()
    line.send(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert line.rest().split(b" ")[1] in (b"400", b"401", b"404")


def test_a_blob_above_the_limit_is_refused_before_its_bytes_come(dial: Dial, image: Image) -> None:
    upload = image.session()
    line = dial()
    line.begin("PATCH", upload, f"Content-Length: {1 << 41}")
    assert line.rest().startswith(b"HTTP/1.1 413 ")
    assert image.client.ask("GET", upload).headers["range"] == "0-0"


def test_a_head_has_no_body_on_the_wire(dial: Dial, image: Image) -> None:
    image.push_image("v1")
    digest = image.push(CONTENT)
    for target in ("manifests/v1", "manifests/v2", f"blobs/{digest}", f"blobs/{digest_of(b'none')}"):
        line = dial()
        line.begin("HEAD", f"/v2/{image.name}/{target}", "Connection: close")
        head, _, body = line.rest().partition(b"\r\n\r\n")
        assert body == b""
        assert b"content-length: " in head.lower()


def test_two_requests_at_once_to_one_upload_do_not_mix(dial: Dial, image: Image) -> None:
    upload = image.session()
    line = dial()
    line.begin("PATCH", upload, f"Content-Length: {len(CONTENT)}", "Connection: close")
    line.send(CONTENT[:500_000])
    wait_for(lambda: offset(image, upload) > 0)
    assert image.append(upload, b"intruder").status_code == 409
    line.send(CONTENT[500_000:])
    assert line.rest().startswith(b"HTTP/1.1 202 ")
    assert location(image.finish(upload, digest_of(CONTENT)), 201)
