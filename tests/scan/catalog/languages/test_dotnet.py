"""Packages of .NET, by what a program lists for its start."""

import json
from typing import Any

import pytest

from berth.scan.inventory import Package
from tests.scan.catalog.languages.reading import codes, is_wanted, named, read

PATH = "app/Shop.deps.json"
TARGET = ".NETCoreApp,Version=v8.0/linux-x64"
RUNTIME = "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.0"


def document() -> dict[str, Any]:  # Any: JSON
    """Of a program that brings its runtime."""
    return {
        "runtimeTarget": {"name": TARGET, "signature": ""},
        "targets": {
            ".NETCoreApp,Version=v8.0": {},
            TARGET: {
                "Shop/1.0.0": {"dependencies": {"Newtonsoft.Json": "13.0.1"}, "runtime": {"Shop.dll": {}}},
                "Newtonsoft.Json/13.0.1": {"runtime": {"lib/netstandard2.0/Newtonsoft.Json.dll": {}}},
                "Libuv/1.9.1": {"runtimeTargets": {"runtimes/debian-x64/native/libuv.so": {"rid": "debian-x64"}}},
                "NETStandard.Library/1.6.0": {"dependencies": {"System.Net.Http": "4.1.0"}},
                "StyleCop.Analyzers/1.1.118": {},
                RUNTIME: {"runtime": {"System.Private.CoreLib.dll": {}}},
            },
        },
        "libraries": {
            "Shop/1.0.0": {"type": "project", "serviceable": False, "sha512": ""},
            "Newtonsoft.Json/13.0.1": {"type": "package", "serviceable": True, "path": "newtonsoft.json/13.0.1"},
            "Libuv/1.9.1": {"type": "package", "serviceable": True},
            "NETStandard.Library/1.6.0": {"type": "package", "serviceable": True},
            "StyleCop.Analyzers/1.1.118": {"type": "package", "serviceable": True},
            "Unlisted/2.0.0": {"type": "package", "serviceable": True},
            RUNTIME: {"type": "runtimepack", "serviceable": False},
        },
    }


def test_what_is_there_at_run_time_counts() -> None:
    """The program itself is no package, and what only the compiler needed is not in the image."""
    contents = read(PATH, json.dumps(document()))
    assert named(contents) == [
        ("Newtonsoft.Json", "13.0.1"),
        ("Libuv", "1.9.1"),
        ("Unlisted", "2.0.0"),
        ("Microsoft.NETCore.App.Runtime.linux-x64", "8.0.0"),
    ]
    assert contents.packages[0] == Package("language", "nuget", "Newtonsoft.Json", "13.0.1", path=PATH)


def test_without_a_known_target_all_packages_count() -> None:
    for target in (None, "other", {"name": ["x"]}):
        assert len(read(PATH, json.dumps(document() | {"runtimeTarget": target})).packages) == 6


def test_which_files_are_read() -> None:
    """A lock file says what may be restored, not what is there."""
    assert is_wanted("usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.0/Microsoft.NETCore.App.deps.json")
    assert not is_wanted("src/packages.lock.json")


@pytest.mark.parametrize("body", ["", "[]", '{"libraries": []}', '{"libraries": {"a": {"type": "package"}}}'])
def test_what_cannot_be_read_is_a_gap(body: str) -> None:
    assert codes(read(PATH, body)) == ["damaged"]


@pytest.mark.parametrize("body", ["{}", '{"libraries": {"a/1": 3, "b/2": {"type": 1}, "c/3": {}}}'])
def test_a_program_without_packages(body: str) -> None:
    contents = read(PATH, body)
    assert (contents.packages, contents.gaps) == ((), ())
