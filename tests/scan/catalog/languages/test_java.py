"""Packages of Java: what an archive says of itself, of what was built into it, and of the archives in it."""

import pytest

from berth.scan.inventory import Package
from tests.scan.catalog.languages.archives import Content, archive, manifest, pom
from tests.scan.catalog.languages.reading import is_wanted, named, read

LOG4J = pom("org.apache.logging.log4j", "log4j-core", "2.14.1")


def test_an_archive_that_maven_built() -> None:
    contents = read("opt/app/log4j-core-2.14.1.jar", archive(LOG4J))
    name, path = "org.apache.logging.log4j:log4j-core", "opt/app/log4j-core-2.14.1.jar"
    assert contents.packages == (Package("language", "maven", name, "2.14.1", path=path),)
    assert contents.gaps == ()


def test_a_renamed_archive_is_what_maven_wrote_into_it() -> None:
    body = archive(LOG4J | manifest(Implementation_Title="Apache Log4j Core", Implementation_Version="2.14.1"))
    assert named(read("opt/app/logging-9.jar", body)) == [("org.apache.logging.log4j:log4j-core", "2.14.1")]


def test_what_was_built_into_an_archive_counts() -> None:
    body = archive(pom("com.acme", "tool", "1.0") | pom("com.google.guava", "guava", "29.0-jre") | LOG4J)
    assert named(read("tool-1.0.jar", body)) == [
        ("com.acme:tool", "1.0"),
        ("com.google.guava:guava", "29.0-jre"),
        ("org.apache.logging.log4j:log4j-core", "2.14.1"),
    ]


def test_an_archive_that_holds_others_and_does_not_name_itself() -> None:
    body = archive(LOG4J | manifest(Implementation_Vendor_Id="com.acme", Implementation_Version="3.1"))
    assert ("com.acme:shaded-all", "3.1") in named(read("shaded-all-3.1.jar", body))
    body = archive(pom("org.apache.logging.log4j", "log4j-1.2-api", "2.19.0"))
    assert named(read("log4j-1.2-api.jar", body)) == [("org.apache.logging.log4j:log4j-1.2-api", "2.19.0")]


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("name", ["shop.war", "shop.ear", "shop.par", "shop.JAR", "plugin.hpi"])
def test_archives_in_an_archive(name: str, *, stored: bool) -> None:
    inner = archive(LOG4J)
    module = archive(pom("com.acme", "shop-web", "1.0") | {"WEB-INF/lib/log4j-core-2.14.1.jar": inner}, stored=stored)
    body = archive({"shop-web.war": module, "copy.jar": inner}, stored=stored)
    contents = read(f"app/{name}", body)
    assert named(contents) == [("com.acme:shop-web", "1.0"), ("org.apache.logging.log4j:log4j-core", "2.14.1")]
    assert {each.path for each in contents.packages} == {f"app/{name}"}


def test_an_archive_that_a_script_starts() -> None:
    body = b"#!/bin/bash\nexec java -jar $0\n" + archive({"BOOT-INF/lib/log4j-core-2.14.1.jar": archive(LOG4J)})
    assert named(read("app/service.jar", body)) == [("org.apache.logging.log4j:log4j-core", "2.14.1")]


@pytest.mark.parametrize(
    ("name", "entries", "expected"),
    [
        # As Spring, Ant, Maven's bundle plugin and Gradle's plugin of Netflix leave them.
        (
            "spring-web-5.3.26.jar",
            manifest(Implementation_Title="spring-web", Implementation_Version="5.3.26"),
            ("org.springframework:spring-web", "5.3.26"),
        ),
        (
            "failureaccess-1.0.1.jar",
            manifest(Bundle_SymbolicName="com.google.guava.failureaccess;singleton:=true", Bundle_Version="1.0.1"),
            ("com.google.guava:failureaccess", "1.0.1"),
        ),
        (
            "server-8.14.3.jar",
            manifest(Implementation_Title="org.elasticsearch#server;8.14.3", Implementation_Version="8.14.3"),
            ("org.elasticsearch:server", "8.14.3"),
        ),
        (
            "catalina.jar",
            manifest(Implementation_Title="Apache Tomcat", Implementation_Version="9.0.65"),
            ("org.apache.tomcat:tomcat-catalina", "9.0.65"),
        ),
        ("bcprov-jdk18on-1.72.jar", {}, ("org.bouncycastle:bcprov-jdk18on", "1.72")),
        (
            "hibernate-core-5.6.15.Final.jar",
            manifest(Implementation_Vendor_Id="org.hibernate", Implementation_Version="5.6.15.Final"),
            ("org.hibernate:hibernate-core", "5.6.15.Final"),
        ),
        (
            "commons-lang3-3.12.0.jar",
            {"META-INF/maven/org.apache.commons/commons-lang3/pom.xml": "<project/>"},
            ("org.apache.commons:commons-lang3", "3.12.0"),
        ),
        (
            "spring-boot-own-2.0.jar",
            {"META-INF/maven/com.acme/spring-boot-own/pom.xml": "<project/>"},
            ("com.acme:spring-boot-own", "2.0"),
        ),
        (
            "service.jar",
            {"META-INF/maven/com.acme/billing/pom.xml": "<project/>"} | manifest(Implementation_Version="2.1"),
            ("com.acme:billing", "2.1"),
        ),
        (
            "app.jar",
            manifest(Implementation_Title="billing", Implementation_Version="1.4 1855 April 22 2006"),
            ("billing", "1.4"),
        ),
        ("app.jar", manifest(Implementation_Title="The app", Bundle_Version="2.4.0.final"), ("app", "2.4.0.final")),
        # The name of the file alone: the group is not known.
        ("unknown-1.2.3.jar", {}, ("unknown", "1.2.3")),
        ("log4j-1.2-api-2.14.1.jar", {}, ("log4j-1.2-api", "2.14.1")),
        ("tool-3.0-beta-2.jar", {}, ("tool", "3.0-beta-2")),
        ("tool-1.0-20240102.030405-1.jar", {}, ("tool", "1.0-20240102.030405-1")),
        (
            "netty-tcnative-2.0.61-linux-x86_64.jar",
            manifest(Implementation_Version="2.0.61"),
            ("netty-tcnative", "2.0.61"),
        ),
    ],
)
def test_an_archive_that_was_not_built_by_maven(
    name: str, entries: dict[str, Content], expected: tuple[str, str]
) -> None:
    assert named(read(f"lib/{name}", archive(entries))) == [expected]


def test_long_attributes_go_on_and_those_of_single_files_do_not_count() -> None:
    text = "Manifest-Version: 1.0\rImplementation-Vendor-Id: org.ac\r me.deep\r\rName: a/b\rImplementation-Version: 7\r"
    assert named(read("tool-2.jar", archive({"META-INF/MANIFEST.MF": text}))) == [("org.acme.deep:tool", "2")]
    assert named(read("tool.jar", archive({"META-INF/MANIFEST.MF": text}))) == []


def test_a_group_that_is_missing_stands_in_the_path() -> None:
    body = archive({"META-INF/maven/com.acme/tool/pom.properties": "artifactId=tool\nversion=1.0\n"})
    assert named(read("tool-1.0.jar", body)) == [("com.acme:tool", "1.0")]


def test_properties_that_were_never_filled_in_are_passed_over() -> None:
    body = archive({"pom.properties": "groupId=\nartifactId=tool\nversion=1.0\n"})
    assert named(read("tool-1.1.jar", body)) == [("tool", "1.1")]


def test_an_archive_of_an_application_without_a_version_is_no_package() -> None:
    contents = read("app.jar", archive({"Main.class": b"\xca\xfe\xba\xbe"}))
    assert (contents.packages, contents.gaps) == ((), ())


def test_which_files_are_read() -> None:
    assert is_wanted("usr/share/java/a.jar")
    assert not is_wanted("usr/share/java/a.zip")
    assert not is_wanted(".jar/file")
