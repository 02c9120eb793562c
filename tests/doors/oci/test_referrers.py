"""Referrers: what speaks of a digest, listed as an index."""

import pytest

from tests import documents
from tests.client import Image, code
from tests.documents import OCI_INDEX, OCI_MANIFEST, Document, digest_of
from tests.doors.oci.harbour import Dock

SIGNATURE, NOTE = "application/x.signature", "application/x.note"
MISSING = "sha256:" + "0" * 64


@pytest.mark.parametrize("digest", [MISSING, "sha512:" + "0" * 128])
def test_a_digest_nobody_speaks_of_has_an_empty_list(dock: Dock, digest: str) -> None:
    """Also in an image that was never pushed to: clients ask before they push."""
    dock.image("there").push_image("v1")
    for name in ("there", "never-pushed-to"):
        answer = dock.image(name).ask("GET", f"referrers/{digest}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == OCI_INDEX
        assert answer.json() == {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
        assert "oci-filters-applied" not in answer.headers


def test_a_referrer_is_described_by_its_size_type_and_annotations(image: Image) -> None:
    subject = image.push_image("v1")
    note = image.push_artifact(subject, NOTE, annotations={"a": "b"})
    assert image.ask("GET", f"referrers/{subject.digest}").json()["manifests"] == [
        {
            "mediaType": OCI_MANIFEST,
            "digest": note.digest,
            "size": len(note.body),
            "artifactType": NOTE,
            "annotations": {"a": "b"},
        }
    ]


def test_without_an_artifact_type_the_configs_media_type_stands_for_it(image: Image) -> None:
    subject = image.push_image("v1")
    image.push(b"{}")
    bare = documents.manifest(b"{}", [], config_type="application/x.config", subject=subject.described())
    assert image.put_digest(bare).status_code == 201
    listed = image.ask("GET", f"referrers/{subject.digest}").json()["manifests"]
    assert listed[0]["artifactType"] == "application/x.config"


def test_an_index_may_speak_of_a_subject(image: Image) -> None:
    subject = image.push_image("v1")
    index = documents.index([], subject=subject.described(), artifactType=NOTE)
    assert image.put_digest(index).headers["oci-subject"] == subject.digest
    listed = image.ask("GET", f"referrers/{subject.digest}").json()["manifests"]
    assert [(each["digest"], each["mediaType"], each["artifactType"]) for each in listed] == [
        (index.digest, OCI_INDEX, NOTE)
    ]


def test_a_filter_is_applied_and_said_to_be(image: Image) -> None:
    subject = image.push_image("v1")
    note, signature = image.push_artifact(subject, NOTE), image.push_artifact(subject, SIGNATURE)
    assert image.referrers(subject.digest) == [note.digest, signature.digest]
    answer = image.ask("GET", f"referrers/{subject.digest}", params=[("artifactType", SIGNATURE)])
    assert [found["digest"] for found in answer.json()["manifests"]] == [signature.digest]
    assert answer.headers["oci-filters-applied"] == "artifactType"
    assert image.referrers(subject.digest, artifactType="application/other") == []
    assert image.ask("GET", f"referrers/{subject.digest}?artifactType=%00").json()["manifests"] == []


def test_referrers_of_a_subject_that_comes_later_are_kept(image: Image) -> None:
    image.push_image("other")
    subject = documents.manifest(b"{}", [])
    note = image.push_artifact(subject)
    assert image.referrers(subject.digest) == [note.digest]
    assert image.put_digest(subject).status_code == 201
    assert image.referrers(subject.digest) == [note.digest]


def test_referrers_of_a_referrer_are_its_own(image: Image) -> None:
    subject = image.push_image("v1")
    signature = image.push_artifact(subject, SIGNATURE)
    note = image.push_artifact(signature, NOTE)
    assert image.referrers(subject.digest) == [signature.digest]
    assert image.referrers(signature.digest) == [note.digest]


@pytest.mark.parametrize("suffix", [".sig", ".att", ".sbom"])
def test_what_a_fallback_name_points_at_is_a_referrer(image: Image, suffix: str) -> None:
    subject = image.push_image("v1")
    signature = image.push_artifact(None, SIGNATURE)
    name = subject.digest.replace(":", "-") + suffix
    assert image.put(name, signature).status_code == 201
    assert image.referrers(subject.digest) == [signature.digest]


def test_the_index_under_the_bare_fallback_name_is_no_referrer_itself(image: Image) -> None:
    subject = image.push_image("v1")
    note = image.push_artifact(subject, NOTE)
    listing = documents.index([note])
    assert image.put(subject.digest.replace(":", "-"), listing).status_code == 201
    assert image.referrers(subject.digest) == [note.digest]


def test_a_deleted_referrer_is_listed_no_more(image: Image) -> None:
    subject = image.push_image("v1")
    note, signature = image.push_artifact(subject, NOTE), image.push_artifact(subject, SIGNATURE)
    assert image.delete(f"manifests/{note.digest}").status_code == 202
    assert image.referrers(subject.digest) == [signature.digest]


@pytest.mark.parametrize("digest", ["sha256:short", "v1", "md5:" + "0" * 32])
def test_referrers_of_what_is_no_digest_are_refused(image: Image, digest: str) -> None:
    answer = image.ask("GET", f"referrers/{digest}")
    assert (answer.status_code, code(answer)) == (400, "DIGEST_INVALID")


def test_long_lists_come_in_pages_that_clients_can_read(image: Image) -> None:
    subject = image.push_image("v1")
    pushed = [_large(image, subject, number).digest for number in range(6)]
    found: list[str] = []
    target, pages = f"/v2/{image.name}/referrers/{subject.digest}?artifactType={NOTE}", 0
    while target:
        answer = image.client.ask("GET", target)
        assert len(answer.content) <= 4 * 1024 * 1024
        assert answer.headers["oci-filters-applied"] == "artifactType"
        found += [each["digest"] for each in answer.json()["manifests"]]
        target, pages = answer.headers.get("link", "").partition(">")[0].removeprefix("<"), pages + 1
    assert (found, pages > 1) == (pushed, True)


def _large(image: Image, subject: Document, number: int) -> Document:
    return image.push_artifact(subject, NOTE, annotations={"number": str(number), "much": "x" * 1_000_000})


def test_a_subject_by_sha512_is_one_of_its_own(image: Image) -> None:
    subject = image.push_image("v1")
    digest = digest_of(subject.body, "sha512")
    image.put(digest, subject)
    image.push(b"{}")
    note = documents.artifact(None, NOTE).altered(subject={**subject.described(), "digest": digest})
    assert image.put_digest(note).headers["oci-subject"] == digest
    assert (image.referrers(digest), image.referrers(subject.digest)) == ([note.digest], [])


@pytest.mark.parametrize("value", ["\0", "\ud800", "a\0b", "\U0001f6a2", "\x7f"])
def test_any_text_may_stand_in_an_annotation(image: Image, value: str) -> None:
    image.push(b"{}")
    subject = image.push_image("v1")
    document = documents.artifact(subject, "application/x.note", annotations={"a": value, value: "b"})
    assert image.put_digest(document).status_code == 201
    listed = image.ask("GET", f"referrers/{subject.digest}").json()["manifests"]
    assert listed[0]["annotations"] == {"a": value, value: "b"}
