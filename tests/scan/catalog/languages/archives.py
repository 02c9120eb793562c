"""Archives of Java, made with the library's `zipfile`."""

import io
import zipfile
from collections.abc import Mapping

Content = str | bytes


def archive(entries: Mapping[str, Content], *, stored: bool = False) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return body.getvalue()


def pom(group: str, artifact: str, version: str) -> dict[str, Content]:
    """What Maven puts into what it builds."""
    folder = f"META-INF/maven/{group}/{artifact}"
    return {
        f"{folder}/pom.xml": "<project/>",
        f"{folder}/pom.properties": f"#Generated\nversion={version}\ngroupId={group}\nartifactId={artifact}\n",
    }


def manifest(**attributes: str) -> dict[str, Content]:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in attributes.items()]
    return {"META-INF/MANIFEST.MF": "\r\n".join(["Manifest-Version: 1.0", *lines, "", ""])}
