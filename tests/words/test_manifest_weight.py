import pytest

from berth.words import manifest
from berth.words.errors import ManifestInvalid

INDEX = "application/vnd.oci.image.index.v1+json"


def document(values: int) -> bytes:
    more = b",".join([b"{}"] * values)
    return b'{"schemaVersion":2,"mediaType":"%b","manifests":[],"x":[%b]}' % (INDEX.encode(), more)


def test_a_document_of_nothing_but_values_is_refused_before_it_is_read() -> None:
    with pytest.raises(ManifestInvalid, match=f"more than {manifest.MAX_VALUES} values"):
        manifest.parse(INDEX, document(manifest.MAX_VALUES // 2))


def test_an_index_of_as_many_manifests_as_are_taken_is_light_enough() -> None:
    child = (
        b'{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,"digest":"sha256:%064x",'
        b'"platform":{"os":"linux","architecture":"arm","variant":"v7"},"annotations":{"a":"1","b":"2","c":"3"}}'
    )
    children = b",".join(child % number for number in range(manifest.MAX_PARTS))
    body = b'{"schemaVersion":2,"mediaType":"%b","manifests":[%b]}' % (INDEX.encode(), children)
    assert len(manifest.parse(INDEX, body).children) == manifest.MAX_PARTS
