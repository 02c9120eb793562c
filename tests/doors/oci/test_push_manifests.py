"""Pushing manifests: kept as they came, once everything they name is there."""

import pytest

from tests import documents
from tests.client import Image, code
from tests.documents import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, Document, described, digest_of

CONFIG, LAYER = b'{"a": "config"}', b"a layer"


@pytest.fixture
def held(image: Image) -> Image:
    """An image that holds a config and a layer."""
    image.push(CONFIG)
    image.push(LAYER)
    return image


def test_a_push_says_where_the_manifest_is(held: Image) -> None:
    document = documents.manifest(CONFIG, [LAYER])
    for reference in ("v1", document.digest):
        answer = held.put(reference, document)
        assert (answer.status_code, answer.content) == (201, b"")
        assert answer.headers["location"] == f"/v2/{held.name}/manifests/{document.digest}"
        assert answer.headers["docker-content-digest"] == document.digest


def test_a_streamed_push_is_as_good(held: Image) -> None:
    document = documents.manifest(CONFIG, [LAYER])
    headers = {"Content-Type": document.media_type}
    pieces = [document.body[:10], document.body[10:]]
    assert held.ask("PUT", "manifests/v1", headers=headers, body=pieces).status_code == 201
    assert held.get("v1").content == document.body


def test_an_image_is_there_from_its_first_manifest(held: Image) -> None:
    assert code(held.ask("GET", "tags/list")) == "NAME_UNKNOWN"
    held.put_digest(documents.manifest(CONFIG, [LAYER]))
    assert held.tags() == []


def test_pushing_again_what_is_there_changes_nothing(held: Image) -> None:
    document = documents.manifest(CONFIG, [LAYER])
    for _ in range(3):
        assert held.put("v1", document).status_code == 201
        assert held.put_digest(document).status_code == 201
    assert held.tags() == ["v1"]


def test_a_tag_moves_to_what_was_pushed_last_and_the_old_digest_stays(held: Image) -> None:
    first, second = documents.manifest(CONFIG, [LAYER]), documents.manifest(CONFIG, [])
    for document in (first, second):
        assert held.put("v1", document).status_code == 201
        assert held.get("v1").content == document.body
    assert held.get(first.digest).content == first.body


def test_several_tags_may_come_with_one_push_by_digest(held: Image) -> None:
    document = documents.manifest(CONFIG, [LAYER])
    answer = held.put(document.digest, document, params=[("tag", "a"), ("tag", "b")])
    assert (answer.status_code, answer.headers.get_list("oci-tag", split_commas=True)) == (201, ["a", "b"])
    assert held.tags() == ["a", "b"]
    assert held.get("b").content == document.body


@pytest.mark.parametrize("tags", [["a", ".b"], ["x"] * 101])
def test_one_tag_that_cannot_be_refuses_the_push(held: Image, tags: list[str]) -> None:
    document = documents.manifest(CONFIG, [LAYER])
    answer = held.put(document.digest, document, params=[("tag", tag) for tag in tags])
    assert answer.status_code == 400
    assert not held.has(document.digest)


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_manifest_may_be_pushed_by_either_algorithm(held: Image, algorithm: str) -> None:
    document = documents.manifest(CONFIG, [LAYER])
    digest = digest_of(document.body, algorithm)
    answer = held.put(digest, document, params=[("tag", "v1")])
    assert (answer.status_code, answer.headers["docker-content-digest"]) == (201, digest)
    for reference in (digest, "v1"):
        read = held.get(reference)
        assert (read.content, read.headers["docker-content-digest"]) == (document.body, digest)


@pytest.mark.parametrize("reference", [".x", "-x", "a" * 129, "%C3%A4", "a%20b", "%00", "a%0A"])
def test_a_tag_that_cannot_be_is_refused(held: Image, reference: str) -> None:
    answer = held.put(reference, documents.manifest(CONFIG, [LAYER]))
    assert (answer.status_code, code(answer)) == (400, "TAG_INVALID")


@pytest.mark.parametrize("reference", ["a" * 128, "_", "A.b-c_d", "latest", "1", "sha256-" + "0" * 64])
def test_every_tag_that_can_be_is_taken(held: Image, reference: str) -> None:
    assert held.put(reference, documents.manifest(CONFIG, [LAYER])).status_code == 201
    assert held.tags() == [reference]


def test_the_wrong_digest_is_refused(held: Image) -> None:
    document = documents.manifest(CONFIG, [LAYER])
    for wrong in (digest_of(b"other"), digest_of(b"other", "sha512")):
        answer = held.put(wrong, document)
        assert (answer.status_code, code(answer)) == (400, "DIGEST_INVALID")
        assert not held.has(wrong)
    assert not held.has(document.digest)


def test_all_that_is_missing_is_named(image: Image) -> None:
    document = documents.manifest(CONFIG, [LAYER, b"another", LAYER])
    answer = image.put("v1", document)
    assert (answer.status_code, code(answer)) == (404, "MANIFEST_BLOB_UNKNOWN")
    missing = [fact["digest"] for fact in answer.json()["errors"][0]["detail"]]
    assert missing == [digest_of(CONFIG), digest_of(LAYER), digest_of(b"another")]
    assert all(digest in answer.json()["errors"][0]["message"] for digest in missing)
    assert not image.has("v1")


def test_children_that_are_missing_are_named(image: Image) -> None:
    here, gone = image.push_image(seed="here"), documents.manifest(b"{}", [])
    answer = image.put("v1", documents.index([here, gone]))
    assert (answer.status_code, code(answer)) == (404, "MANIFEST_BLOB_UNKNOWN")
    assert [fact["digest"] for fact in answer.json()["errors"][0]["detail"]] == [gone.digest]


def test_a_blob_is_no_child_and_a_manifest_no_layer(held: Image) -> None:
    document = documents.manifest(CONFIG, [LAYER])
    held.put("v1", document)
    assert held.put("x", documents.index([Document(LAYER)])).status_code == 404
    assert held.put("x", documents.manifest(CONFIG, [document.body])).status_code == 404


def test_what_another_image_holds_is_missing_here(held: Image) -> None:
    other = held.client.image(f"{held.name}/other")
    assert code(other.put("v1", documents.manifest(CONFIG, [LAYER]))) == "MANIFEST_BLOB_UNKNOWN"


def test_the_size_of_a_part_must_be_true(held: Image) -> None:
    wrong = {**described(LAYER), "size": len(LAYER) + 1}
    answer = held.put("v1", documents.manifest(CONFIG, []).altered(layers=[wrong]))
    assert (answer.status_code, code(answer)) == (400, "MANIFEST_INVALID")


def test_a_layer_that_lives_elsewhere_need_not_be_here(held: Image) -> None:
    foreign = described(
        b"licensed", "application/vnd.oci.image.layer.nondistributable.v1.tar", urls=["https://x.example"]
    )
    document = documents.manifest(CONFIG, [LAYER]).altered(layers=[described(LAYER), foreign])
    assert held.put("v1", document).status_code == 201
    assert held.blob(digest_of(b"licensed")).status_code == 404


@pytest.mark.parametrize("media_type", [OCI_INDEX, documents.DOCKER_LIST])
def test_indexes_may_hold_indexes(held: Image, media_type: str) -> None:
    leaf = documents.manifest(CONFIG, [LAYER])
    inner = documents.index([leaf], media_type=media_type)
    outer = documents.index([inner, leaf], media_type=media_type)
    for document in (leaf, inner, outer):
        assert held.put_digest(document).status_code == 201
    assert held.get(outer.digest).content == outer.body


def test_a_child_may_be_listed_twice(held: Image) -> None:
    leaf = documents.manifest(CONFIG, [LAYER])
    held.put_digest(leaf)
    assert held.put("v1", documents.index([leaf, leaf])).status_code == 201


def test_an_index_and_a_manifest_may_be_empty(held: Image) -> None:
    for document in (documents.index([]), documents.manifest(CONFIG, [])):
        assert held.put("empty", document).status_code == 201
        assert held.get("empty").content == document.body


def test_a_docker_image_may_be_listed_by_an_oci_index(held: Image) -> None:
    leaf = documents.manifest(CONFIG, [LAYER], media_type=DOCKER_MANIFEST)
    held.put_digest(leaf)
    assert held.put("v1", documents.index([leaf])).status_code == 201


def test_a_subject_may_come_later(held: Image) -> None:
    held.push(b"{}")
    subject = documents.manifest(CONFIG, [LAYER])
    answer = held.put_digest(documents.artifact(subject, "application/x.note"))
    assert (answer.status_code, answer.headers["oci-subject"]) == (201, subject.digest)
    assert held.put_digest(subject).status_code == 201
    assert "oci-subject" not in held.put_digest(subject).headers


@pytest.mark.parametrize("content_type", ["", OCI_MANIFEST, OCI_MANIFEST.upper(), f"{OCI_MANIFEST}; charset=utf-8"])
def test_the_media_type_may_be_said_in_either_place(held: Image, content_type: str) -> None:
    document = documents.manifest(CONFIG, [LAYER])
    bare = document.altered(mediaType=None)
    headers = {"Content-Type": content_type} if content_type else {}
    assert held.ask("PUT", "manifests/inside", headers=headers, body=document.body).status_code == 201
    assert held.ask("PUT", "manifests/outside", headers=headers, body=bare.body).status_code == (
        201 if content_type else 400
    )
    assert held.get("inside").headers["content-type"] == OCI_MANIFEST


def test_unknown_fields_and_data_are_kept(held: Image) -> None:
    config = described(CONFIG, documents.CONFIG, data="eyJhIjogImNvbmZpZyJ9", **{"x.y": {"deep": [1, None]}})
    document = documents.manifest(CONFIG, [LAYER]).altered(config=config, **{"org.example": [{}]})
    assert held.put("v1", document).status_code == 201
    assert held.get("v1").content == document.body
