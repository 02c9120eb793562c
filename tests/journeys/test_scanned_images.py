"""A team's scans: a Debian image and an application pushed by skopeo, advisories that come later, a policy."""

import gzip
import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.cli.conftest import Command
from tests.documents import Document
from tests.journeys.test_operator_day import PLAIN, berth
from tests.journeys.tools import Tools
from tests.scan import images
from tests.serving import Server

__all__ = ["berth"]

OSV = images.DATA / "osv"
JSON = ("--output", "json")
FLASK = b"Metadata-Version: 2.1\nName: Flask\nVersion: 0.12.2\n\nA micro web framework.\n"
LODASH = json.dumps({"name": "lodash", "version": "4.17.15"}).encode()


def folder_of(folder: Path, *layers: bytes) -> tuple[Path, Document]:
    """An image as skopeo's `dir:` has it."""
    config, document = images.built(
        *layers, config={"rootfs": {"type": "layers", "diff_ids": [_bare(each) for each in layers]}}
    )
    folder.mkdir()
    for content in (config, *layers):
        (folder / hashlib.sha256(content).hexdigest()).write_bytes(content)
    (folder / "manifest.json").write_bytes(document.body)
    (folder / "version").write_text("Directory Transport Version: 1.1\n")
    return folder, document


def _bare(layer: bytes) -> str:

    return f"sha256:{hashlib.sha256(gzip.decompress(layer)).hexdigest()}"


def archive(folder: Path, name: str, *records: Path) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w") as members:
        for record in records:
            members.write(record, f"{record.parent.name}/{record.name}")
    return path


def counts(berth: Command, image: str, digest: str) -> Mapping[str, int]:
    found: Mapping[str, int] = berth.succeeds("scan", "show", image, digest, *JSON).json["counts"]
    return found


def test_one_more_advisory_shows_exactly_in_the_image_that_it_speaks_of(
    shared: Server, berth: Command, tmp_path: Path
) -> None:
    team = Tools(tmp_path / "team", shared.host)
    team.folder.mkdir()
    team.sign_in("skopeo", PLAIN)
    base, base_document = folder_of(tmp_path / "base", images.minbase())
    files = {
        "usr/lib/python3.11/site-packages/Flask-0.12.2.dist-info/METADATA": FLASK,
        "srv/app/node_modules/lodash/package.json": LODASH,
        "srv/app/package.json": b'{"name": "shop", "version": "1.0.0"}',
    }
    app, app_document = folder_of(tmp_path / "app", images.minbase(), images.layer(files))
    for name, folder in (("debian", base), ("shop", app)):
        at = f"docker://{shared.host}/main/apps/{name}:v1"
        team.skopeo("copy", "--preserve-digests", "--dest-tls-verify=false", f"dir:{folder}", at)

    # Everything that is known, but for one advisory of lodash.
    late = OSV / "npm" / "GHSA-p6mc-m468-83gw.json"
    known = [each for name in ("Debian", "PyPI", "npm") for each in (OSV / name).glob("*.json") if each != late]
    berth.succeeds("vulndb", "import", str(archive(tmp_path, "known.zip", *known)))
    for name, document in (("debian", base_document), ("shop", app_document)):
        berth.succeeds("scan", "run", f"main/apps/{name}", document.digest)
    debian, shop = (counts(berth, f"main/apps/{each}", "v1") for each in ("debian", "shop"))
    assert (debian["critical"], debian["total"]) == (1, 23)
    assert shop["total"] > debian["total"]
    listed = berth.succeeds("scan", "vulnerabilities", "main/apps/shop", "v1", "--kind", "language", *JSON).json
    assert {each["package"]["name"].lower() for each in listed} == {"flask", "lodash"}

    # A policy takes away what it says, at once, and gives it back.
    berth.succeeds("policy", "set", "main/apps/shop", "scan", "exclusion=yes", "exclude_language_packages=yes")
    assert counts(berth, "main/apps/shop", "v1")["total"] == debian["total"]
    assert counts(berth, "main/apps/shop", "v1")["hidden"] == len(listed)
    berth.succeeds("policy", "set", "main/apps/shop", "scan", "exclusion=no")
    assert counts(berth, "main/apps/shop", "v1") == shop

    # One more advisory: the shop has one more finding, the base image none, and that is told.
    berth.succeeds("vulndb", "import", str(archive(tmp_path, "late.zip", late)))
    assert counts(berth, "main/apps/debian", "v1") == debian
    assert counts(berth, "main/apps/shop", "v1")["high"] == shop["high"] + 1
    news = berth.succeeds("vulndb", "news", *JSON).json
    assert [(each["image"], len(each["opened"])) for each in news[:1]] == [("main/apps/shop", 1)]

    # The pipeline of the shop learns it.
    refused = berth("image", "wait-scan", "main/apps/shop", "v1", "--max-high", str(shop["high"]))
    assert refused.code == 10
