"""Deleting: names, digests with what hangs on them, blobs; and what stands in the way."""

import pytest

from tests import documents
from tests.client import Image, code
from tests.documents import digest_of

MISSING = "sha256:" + "0" * 64


def test_deleting_a_tag_takes_the_name_and_leaves_the_digest(image: Image) -> None:
    pushed = image.push_image("v1")
    image.put("v2", pushed)
    answer = image.delete("manifests/v1")
    assert (answer.status_code, answer.content) == (202, b"")
    assert image.tags() == ["v2"]
    assert not image.has("v1")
    assert image.has(pushed.digest)
    assert image.has("v2")


def test_deleting_a_digest_takes_its_names(image: Image) -> None:
    pushed, other = image.push_image("v1", seed="one"), image.push_image("other", seed="two")
    image.put("v2", pushed)
    assert image.delete(f"manifests/{pushed.digest}").status_code == 202
    assert image.tags() == ["other"]
    assert [image.has(reference) for reference in ("v1", "v2", pushed.digest, other.digest)] == [False] * 3 + [True]


def test_deleting_twice_is_404(image: Image) -> None:
    pushed = image.push_image("v1")
    blob = image.push(b"loose")
    for what in ("manifests/v1", f"manifests/{pushed.digest}", f"blobs/{blob}"):
        assert image.delete(what).status_code == 202
        assert image.delete(what).status_code == 404


def test_what_was_never_there_is_404(image: Image) -> None:
    for what in ("manifests/v1", f"manifests/{MISSING}", f"blobs/{MISSING}"):
        assert image.delete(what).status_code == 404
    image.push_image("v1")
    assert code(image.delete("manifests/v2")) == "MANIFEST_UNKNOWN"
    assert code(image.delete(f"manifests/{MISSING}")) == "MANIFEST_UNKNOWN"
    assert code(image.delete(f"blobs/{MISSING}")) == "BLOB_UNKNOWN"


@pytest.mark.parametrize("what", ["manifests/.x", "manifests/sha256:x", "blobs/sha256:x", "blobs/v1"])
def test_what_cannot_be_is_400(image: Image, what: str) -> None:
    image.push_image("v1")
    assert image.delete(what).status_code == 400


def test_what_was_deleted_can_be_pushed_again(image: Image) -> None:
    first = image.push_image("v1")
    image.delete(f"manifests/{first.digest}")
    assert image.push_image("v1").digest == first.digest
    assert image.get("v1").content == first.body


def test_an_image_without_its_last_digest_is_empty(image: Image) -> None:
    pushed = image.push_image("v1")
    image.delete(f"manifests/{pushed.digest}")
    assert image.tags() == []


def test_referrers_go_with_their_subject(image: Image) -> None:
    subject = image.push_image("v1")
    signature = image.push_artifact(subject, "application/x.signature")
    note = image.push_artifact(signature, "application/x.note")
    cosign = image.push_artifact(None, "application/x.cosign")
    fallback = subject.digest.replace(":", "-") + ".sig"
    image.put(fallback, cosign)
    assert image.delete(f"manifests/{subject.digest}").status_code == 202
    for gone in (signature.digest, note.digest, cosign.digest, fallback):
        assert not image.has(gone)
    assert image.referrers(subject.digest) == []
    assert image.tags() == []


def test_a_referrer_with_a_name_of_its_own_keeps_its_subject(image: Image) -> None:
    subject = image.push_image("v1")
    signature = image.push_artifact(subject)
    image.put("keep-me", signature)
    answer = image.delete(f"manifests/{subject.digest}")
    assert (answer.status_code, code(answer)) == (403, "DENIED")
    message = answer.json()["errors"][0]["message"]
    assert signature.digest in message
    assert "keep-me" in message
    assert image.has("v1")
    assert image.has("keep-me")
    image.delete("manifests/keep-me")
    assert image.delete(f"manifests/{subject.digest}").status_code == 202
    assert not image.has(signature.digest)


def test_a_child_stays_while_an_index_lists_it(image: Image) -> None:
    child = image.push_image(seed="child")
    index = documents.index([child])
    image.put("both", index)
    answer = image.delete(f"manifests/{child.digest}")
    assert (answer.status_code, code(answer)) == (403, "DENIED")
    message = answer.json()["errors"][0]["message"]
    assert index.digest in message
    assert "both" in message
    assert image.has(child.digest)
    assert image.delete(f"manifests/{index.digest}").status_code == 202
    assert image.has(child.digest)
    assert image.delete(f"manifests/{child.digest}").status_code == 202


def test_a_name_of_a_child_can_go(image: Image) -> None:
    child = image.push_image("amd64", seed="child")
    image.put("both", documents.index([child]))
    assert image.delete("manifests/amd64").status_code == 202
    assert image.has(child.digest)


def test_a_referrer_that_an_index_lists_keeps_its_subject(image: Image) -> None:
    subject = image.push_image("v1")
    signature = image.push_artifact(subject)
    image.put("listing", documents.index([signature]))
    answer = image.delete(f"manifests/{subject.digest}")
    assert (answer.status_code, code(answer)) == (403, "DENIED")
    assert image.has(signature.digest)


def test_the_fallback_index_goes_with_its_subject(image: Image) -> None:
    """It lists the referrers, as clients of old registries keep it, and goes with them."""
    subject = image.push_image("v1")
    signature = image.push_artifact(subject)
    listing = documents.index([signature])
    image.put(subject.digest.replace(":", "-"), listing)
    assert image.delete(f"manifests/{subject.digest}").status_code == 202
    assert not image.has(listing.digest)
    assert not image.has(signature.digest)


def test_an_index_whose_children_speak_of_its_subject_goes_before_them(image: Image) -> None:
    subject = image.push_image("v1")
    child = image.push_artifact(subject)
    index = documents.index([child], subject=subject.described())
    image.put_digest(index)
    assert image.delete(f"manifests/{subject.digest}").status_code == 202
    assert not image.has(index.digest)
    assert not image.has(child.digest)


def test_a_blob_that_a_manifest_holds_stays(image: Image) -> None:
    pushed = image.push_image("v1")
    layer = pushed.fields["layers"][0]["digest"]
    answer = image.delete(f"blobs/{layer}")
    assert (answer.status_code, code(answer)) == (403, "DENIED")
    assert pushed.digest in answer.json()["errors"][0]["message"]
    assert image.blob(layer).status_code == 200
    image.delete(f"manifests/{pushed.digest}")
    assert image.delete(f"blobs/{layer}").status_code == 202
    assert image.blob(layer).status_code == 404


def test_a_loose_blob_goes_from_this_image_only(image: Image) -> None:
    other = image.client.image(f"{image.name}/other")
    digest = image.push(b"shared")
    other.push(b"shared")
    assert image.delete(f"blobs/{digest}").status_code == 202
    assert image.blob(digest).status_code == 404
    assert other.blob(digest).content == b"shared"
    assert other.put("v1", documents.manifest(b"shared", [])).status_code == 201


def test_a_manifest_is_not_deleted_as_a_blob(image: Image) -> None:
    pushed = image.push_image("v1")
    assert image.delete(f"blobs/{pushed.digest}").status_code == 404
    assert image.delete(f"manifests/{digest_of(b'nothing')}").status_code == 404
    assert image.has("v1")
