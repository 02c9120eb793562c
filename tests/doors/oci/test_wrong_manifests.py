"""Documents that are no manifests: refused with the reason, never a defect of the server."""

import json

import pytest

from tests import documents
from tests.client import Image, code
from tests.documents import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, Document, described

pytestmark = pytest.mark.parametrize("harbour", ["sqlite"], indirect=True, scope="session")  # no database matters here

LIMIT = 4 * 1024 * 1024
CONFIG = b"{}"
GOOD = documents.manifest(CONFIG, [])
DEEP = 100_000


@pytest.fixture
def held(image: Image) -> Image:
    image.push(CONFIG)
    return image


def refused(answer_of: Image, document: Document) -> str:
    """The reason why a document is refused."""
    answer = answer_of.put("v1", document)
    assert (answer.status_code, code(answer)) == (400, "MANIFEST_INVALID"), answer.text
    assert not answer_of.has("v1")
    reason: str = answer.json()["errors"][0]["message"]
    return reason


def sized(size: int) -> Document:
    room = size - len(GOOD.altered(annotations={"x": ""}).body)
    document = GOOD.altered(annotations={"x": "y" * room})
    assert len(document.body) == size
    return document


@pytest.mark.parametrize("streamed", [False, True])
def test_four_mebibytes_are_taken(held: Image, streamed: bool) -> None:
    document = sized(LIMIT)
    body = [document.body[: LIMIT // 2], document.body[LIMIT // 2 :]] if streamed else document.body
    answer = held.ask("PUT", "manifests/v1", headers={"Content-Type": OCI_MANIFEST}, body=body)
    assert answer.status_code == 201
    assert held.get("v1").content == document.body


@pytest.mark.parametrize("streamed", [False, True])
def test_one_byte_more_is_refused(held: Image, streamed: bool) -> None:
    document = sized(LIMIT + 1)
    body = [document.body[:LIMIT], document.body[LIMIT:]] if streamed else document.body
    answer = held.ask("PUT", "manifests/v1", headers={"Content-Type": OCI_MANIFEST}, body=body)
    assert (answer.status_code, code(answer)) == (413, "MANIFEST_INVALID")
    assert not held.has("v1")


@pytest.mark.parametrize("announced", [OCI_INDEX, DOCKER_MANIFEST])
def test_the_two_media_types_must_agree(held: Image, announced: str) -> None:
    reason = refused(held, Document(GOOD.body, announced))
    assert OCI_MANIFEST in reason
    assert announced in reason


@pytest.mark.parametrize(
    "announced",
    [
        "application/json",
        "text/plain",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "x",
        "a" * 9000,
    ],
)
def test_other_media_types_are_refused_by_name(held: Image, announced: str) -> None:
    bare = GOOD.altered(mediaType=None)
    answer = held.ask("PUT", "manifests/v1", headers={"Content-Type": announced}, body=bare.body)
    assert (answer.status_code, code(answer)) == (400, "MANIFEST_INVALID")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"2",
        b"\xff\xfe{}",
        b'{"schemaVersion": 2, "x": "\xff"}',
        "{}".encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'{"schemaVersion": NaN}',
        b'{"schemaVersion": 2, "config": Infinity}',
        b'{"schemaVersion": 2, "x": -Infinity}',
        b'{"schemaVersion": ' + b"1" * 5000 + b"}",
        b"[" * DEEP,
        b'{"a":' * DEEP,
        b'{"schemaVersion": 2, "x": ' + b"[" * DEEP + b"]" * DEEP + b"}",
        b'{"schemaVersion": 2} {}',
    ],
    ids=range(18),
)
def test_what_is_no_json_object_is_refused(held: Image, body: bytes) -> None:
    refused(held, Document(body))


@pytest.mark.parametrize(
    "fields",
    [
        {"schemaVersion": 1},
        {"schemaVersion": "2"},
        {"schemaVersion": None},
        {"mediaType": 2},
        {"config": None},
        {"config": []},
        {"config": {}},
        {"layers": None},
        {"layers": {}},
        {"layers": [None]},
        {"layers": ["sha256:" + "0" * 64]},
        {"layers": [{"mediaType": "x", "size": 1}]},
        {"layers": [{**described(CONFIG), "digest": 5}]},
        {"layers": [{**described(CONFIG), "digest": "sha256:../../../x"}]},
        {"layers": [{**described(CONFIG), "digest": "md5:" + "0" * 32}]},
        {"layers": [{**described(CONFIG), "size": -1}]},
        {"layers": [{**described(CONFIG), "size": "2"}]},
        {"layers": [{**described(CONFIG), "size": 2.5}]},
        {"layers": [{**described(CONFIG), "size": True}]},
        {"layers": [{**described(CONFIG), "size": 2**63}]},
        {"layers": [{**described(CONFIG), "size": 10**30}]},
        {"layers": [{**described(CONFIG), "mediaType": None}]},
        {"layers": [{**described(CONFIG), "mediaType": "a" * 256}]},
        {"layers": [{**described(CONFIG), "mediaType": "a\r\nX: y"}]},
        {"subject": "sha256:" + "0" * 64},
        {"subject": {}},
        {"annotations": []},
        {"annotations": {"a": 1}},
        {"artifactType": 7},
        {"artifactType": "a\n"},
        {"artifactType": "ä"},
    ],
    ids=range(31),
)
def test_a_document_with_a_wrong_field_is_refused(held: Image, fields: dict[str, object]) -> None:
    refused(held, documents.of({**GOOD.fields, **fields}))


def test_a_wrong_field_is_named(held: Image) -> None:
    reason = refused(held, GOOD.altered(layers=[described(CONFIG), {**described(CONFIG), "size": "2"}]))
    assert "layers[1].size" in reason


def test_an_index_needs_its_list(held: Image) -> None:
    lists: list[dict[str, object]] = [{"manifests": None}, {"manifests": {}}, {"manifests": [7]}]
    for fields in lists:
        refused(held, documents.of({**documents.index([]).fields, **fields}, OCI_INDEX))


def test_more_parts_than_anybody_needs_are_refused(held: Image) -> None:
    refused(held, GOOD.altered(layers=[{"mediaType": "x", "digest": "sha256:" + "0" * 64, "size": 0}] * 10_001))


def test_a_document_that_reads_as_an_image_and_as_an_index_is_refused(held: Image) -> None:
    """Clients would take different things from it (CVE-2021-41190)."""
    refused(held, GOOD.altered(manifests=[]))
    refused(held, documents.index([]).altered(layers=[]))
    refused(held, documents.index([]).altered(config=described(CONFIG)))


def test_a_field_that_stands_twice_is_refused(held: Image) -> None:
    """One client would read the first, another the last."""
    text = GOOD.body.decode()
    for twice in (
        text.replace('"layers": []', '"layers": [], "layers": []'),
        text.replace('"size": 2', '"size": 2, "size": 2'),
    ):
        assert json.loads(twice) == GOOD.fields
        assert "twice" in refused(held, Document(twice.encode()))
