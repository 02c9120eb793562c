import json
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text

import berth.migrations
from berth.db import Database
from berth.db.tables import manifest, manifest_body, reevaluated, scan_body, vulnerability, vulnerability_name
from berth.migrations import DatabaseNewerError, running, upgrade
from berth.migrations.revision import HEAD


def test_the_newest_revision_is_the_one_that_the_program_knows() -> None:
    versions = Path(berth.migrations.__file__).parent / "versions"
    assert max(path.name.partition("_")[0] for path in versions.glob("[0-9]*.py")) == HEAD


def test_a_new_database_gets_its_shape_and_keeps_it(empty_database_url: str) -> None:
    with closing(Database(empty_database_url)) as database:
        upgrade(database)
        upgrade(database)
        with database.read() as tx:
            assert tx.scalar(text("SELECT count(*) FROM registry")) == 0


def test_processes_that_start_together_migrate_once(empty_database_url: str) -> None:
    failures: list[Exception] = []

    def start() -> None:
        try:
            with closing(Database(empty_database_url)) as database:
                upgrade(database)
        except Exception as error:  # noqa: BLE001  whatever it is, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_database_of_a_later_release_is_refused_in_plain_words(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        with database.write() as tx:
            tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(DatabaseNewerError, match="changed by a later release"):
            upgrade(database)


def test_what_was_pushed_before_an_index_was_made_is_found_by_it(empty_database_url: str) -> None:
    with closing(Database(empty_database_url)) as database:
        running.upgrade(database, to="0004")
        with database.write() as tx:
            for statement in OLD_ROWS.strip().split(";\n"):
                tx.execute(text(statement))
        upgrade(database)
        with database.read() as tx:
            assert tx.scalar(text("SELECT kind FROM manifest")) == "image"
            assert tx.execute(text("SELECT * FROM manifest_platform")).all() == [(1, "linux/arm64", 1)]
            found = tx.scalars(text("SELECT gram FROM tag_gram WHERE image_id = 1 AND name = 'RC.1' ORDER BY gram"))
            assert found.all() == [".1", "1", "c.1", "rc."]


def test_what_scans_found_before_is_found_by_its_body_and_by_all_names(empty_database_url: str) -> None:
    with closing(Database(empty_database_url)) as database:
        running.upgrade(database, to="0011")
        with database.write() as tx:
            for statement in OLD_RESULTS.strip().split(";\n"):
                tx.execute(text(statement))
        upgrade(database)
        with database.read() as tx:
            assert tx.execute(select(scan_body.c.result_id, func.length(scan_body.c.body))).all() == [(1, 2)]
            names = select(vulnerability_name.c.name, vulnerability_name.c.vulnerability_id)
            assert set(tx.execute(names)) == {("cve-2026-1", 1), ("ghsa-aa", 1), ("cve-2026-2", 2)}
            assert dict(tx.execute(select(vulnerability.c.id, vulnerability.c.outside)).all()) == {1: False, 2: True}
            opened = select(reevaluated.c.reevaluation_id).where(reevaluated.c.opened_at.is_not(None))
            assert tx.scalars(opened).all() == [1]


def test_what_was_pushed_earlier_is_told_anew_from_its_manifest(empty_database_url: str) -> None:
    oci, docker = "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"
    config, laid = "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip"
    signed = "application/vnd.dev.cosign.simplesigning.v1+json"
    told = [
        (docker, "application/vnd.example", laid, "artifact", "image"),
        (oci, "application/octet-stream", laid, "artifact", "image"),
        (oci, config.upper() + "; charset=utf-8", "application/x-gtar", "artifact", "image"),
        (docker, "application/vnd.docker.plugin.v1+json", laid, "artifact", "artifact"),
        (oci, "application/vnd.oci.empty.v1+json", laid, "artifact", "artifact"),
        (oci, config, signed, "image", "artifact"),
        (oci, config, laid, "image", "image"),
    ]
    all_ = [(number, told[number % len(told)]) for number in range(1, 1100)]  # more than are read at once
    with closing(Database(empty_database_url)) as database:
        running.upgrade(database, to="0016")
        with database.write() as tx:
            for statement in OLD_PLACE.strip().split(";\n"):
                tx.execute(text(statement))
            rows = [
                {"id": number, "digest": f"sha256:{number}", "media_type": of[0], "kind": of[3]} for number, of in all_
            ]
            tx.execute(text(OLD_MANIFEST), rows)
            tx.execute(insert(manifest_body), [{"manifest_id": number, "body": _body(*of[1:3])} for number, of in all_])
            index = {"id": 5000, "digest": "sha256:aa", "media_type": "application/vnd.oci.image.index.v1+json"}
            tx.execute(text(OLD_MANIFEST), {**index, "kind": "index"})
            tx.execute(insert(manifest_body).values(manifest_id=5000, body=b'{"manifests": []}'))
        upgrade(database)
        with database.read() as tx:
            found = dict(tx.execute(select(manifest.c.id, manifest.c.kind)).all())
    assert found.pop(5000) == "index"
    assert found == {number: of[4] for number, of in all_}


def _body(config: str, layer: str) -> bytes:
    return json.dumps({"config": {"mediaType": config}, "layers": [{"mediaType": layer}]}).encode()


OLD_PLACE = """
INSERT INTO registry (id, name, visibility, public_endpoint, create_on_push, created_by, created_at, edited_by,
 edited_at) VALUES (1, 'main', 'private', false, false, 'ann', '2026-01-01',
 'ann', '2026-01-01');
INSERT INTO repository (id, registry_id, name, policy_scan, policy_pull, policy_lock, policy_deletion, created_by,
 created_at, edited_by, edited_at) VALUES (1, 1, 'apps', '{}', '{}', '{}', '{}', 'ann', '2026-01-01',
 'ann', '2026-01-01');
INSERT INTO image (id, repository_id, name, policy_scan, policy_pull, policy_lock, policy_deletion, created_by,
 created_at, edited_by, edited_at) VALUES (1, 1, 'web', '{}', '{}', '{}', '{}', 'ann', '2026-01-01',
 'ann', '2026-01-01')
"""

OLD_ROWS = (
    OLD_PLACE.rstrip()
    + """;
INSERT INTO manifest (id, image_id, digest, media_type, config_type, annotations, platforms, size, total_size,
 created_by, created_at, edited_by, edited_at) VALUES (1, 1, 'sha256:aa', 'application/vnd.oci.image.manifest.v1+json',
 'application/vnd.oci.image.config.v1+json', '{}', '["linux/arm64"]', 1, 1, 'ann', '2026-01-01',
 'ann', '2026-01-01');
INSERT INTO tag (id, image_id, name, "natural", manifest_id, created_by, created_at, edited_by, edited_at)
 VALUES (1, 1, 'RC.1', 'RC.1', 1, 'ann', '2026-01-01', 'ann', '2026-01-01')
"""
)

OLD_MANIFEST = """
INSERT INTO manifest (id, image_id, digest, media_type, kind, annotations, platforms, size, total_size,
 created_by, created_at, edited_by, edited_at) VALUES (:id, 1, :digest, :media_type, :kind, '{}', '[]', 1, 1,
 'ann', '2026-01-01 00:00:00.000000', 'ann', '2026-01-01 00:00:00.000000')
"""

OLD_RESULTS = """
INSERT INTO scan_result (id, digest, scanner, scanner_version, gaps, packages, secrets, body, taken_at, tally)
 VALUES (1, 'sha256:aa', 'builtin', '1', '[]', 0, '{}', 'it', '2026-01-01 00:00:00.000000', '[]');
INSERT INTO component (id, ecosystem, name, version, kind) VALUES (1, 'npm', 'a', '1', 'language'),
 (2, 'external:trivy:deb:sha256:aa', 'b', '1', 'os');
INSERT INTO vulnerability (id, name, aliases, title, description, links) VALUES (1, 'CVE-2026-1', '["GHSA-aa"]', '', '',
 '[]'), (2, 'CVE-2026-2', '[]', '', '', '[]');
INSERT INTO component_match (component_id, vulnerability_id, level, fix_state, records, found_at) VALUES
 (1, 1, 'low', 'unfixed', '[]', '2026-01-01 00:00:00.000000'),
 (2, 1, 'low', 'unfixed', '[]', '2026-01-01 00:00:00.000000'),
 (2, 2, 'low', 'unfixed', '[]', '2026-01-01 00:00:00.000000');
INSERT INTO reevaluation (id, at, before, advisories, names, components, results, opened, closed) VALUES
 (1, '2026-01-01 00:00:00.000000', '', 'x', 1, 1, 1, 1, 0), (2, '2026-01-02 00:00:00.000000', 'x', 'y', 1, 1, 1, 0, 1);
INSERT INTO reevaluated (reevaluation_id, result_id, opened, closed) VALUES (1, 1, '["CVE-2026-1"]', '[]'),
 (2, 1, '[]', '["CVE-2026-1"]')
"""
