"""Package URLs of OpenVEX: of images, of places, and of packages as advisories call them."""

from urllib.parse import quote, unquote

from packageurl import PackageURL

from berth.scan import ecosystems

LONGEST = 2000
SEPARATORS = {"maven": ":", "npm": "/", "composer": "/", "golang": "/"}
"""Between the two parts of a language package's name."""
NAMESPACES = {"Alpine": "alpine", "Debian": "debian", "Ubuntu": "ubuntu", "Wolfi": "wolfi"}
"""Of a system; others are written without one."""
TYPES = {ecosystem: kind for kind, ecosystem in ecosystems.LANGUAGES.items()} | ecosystems.SYSTEMS


def parsed(text: str) -> PackageURL | None:
    """None of what is no package URL, or no text once it is decoded."""
    if not text.startswith("pkg:") or len(text) > LONGEST:
        return None
    try:
        found = PackageURL.from_string(text)
    except ValueError:
        return None
    return None if "\0" in unquote(text) else found


def package(url: PackageURL) -> tuple[str, str]:
    """Name and version as advisories have them, as far as the URL says: of what is built from it, the source."""
    qualifiers = url.qualifiers if isinstance(url.qualifiers, dict) else {}
    name, version = url.name, url.version or ""
    if url.type in ("deb", "apk") and qualifiers.get("upstream"):
        name, _, source_version = qualifiers["upstream"].partition("@")
        version = source_version or version
    elif url.type == "rpm" and qualifiers.get("epoch", "0") not in ("", "0"):
        version = version and f"{qualifiers['epoch']}:{version}"
    elif url.type in SEPARATORS and url.namespace:
        name = f"{url.namespace}{SEPARATORS[url.type]}{name}"
    elif url.type == "golang":
        version = version.removeprefix("v")
    if url.type in ecosystems.LANGUAGES:
        name = ecosystems.plain_name(ecosystems.LANGUAGES[url.type], name)
    return name, version


def of_package(ecosystem: str, name: str, version: str) -> str:
    """`generic` without an ecosystem: nobody knows yet what kind of package it is."""
    base = ecosystems.base(ecosystems.module_apart(ecosystem)[0])
    kind = TYPES.get(base, "generic")
    namespace = NAMESPACES.get(base, "") if base in ecosystems.SYSTEMS else ""
    if kind in SEPARATORS:
        namespace, _, name = name.rpartition(SEPARATORS[kind])
    return PackageURL(kind, namespace, name, version, {}).to_string()


def of_place(address: str, path: str, digest: str) -> str:
    """Of an image or digest by its name; of a whole repository or registry in the same way.

    `address`: where it is pulled from, with the path.
    """
    name = quote(path.rpartition("/")[2].lower(), safe="")
    version = f"@{quote(digest, safe='')}" if digest else ""
    return f"pkg:oci/{name}{version}?repository_url={quote(address, safe='/:')}"
