"""nginx with TLS in front of a Berth, as operators have it."""

import contextlib
import os
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests import programs
from tests.serving import free_port, wait_for

CONFIGURATION = """
daemon off;
{user}
pid {folder}/pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_max_body_size 0;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/ca.crt;
        ssl_certificate_key {folder}/key.pem;
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_buffering off;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Proxy:
    folder: Path
    port: int

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    @property
    def url(self) -> str:
        return f"https://{self.host}"

    @property
    def certificate(self) -> Path:
        """It is its own authority."""
        return self.folder / "ca.crt"

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.certificate)


def prepare(folder: Path) -> Proxy:
    """Choose a port, and make a certificate for localhost."""
    folder.mkdir()
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    made = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-addext", names)
    files = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "ca.crt"))
    command = [programs.need("openssl"), "req", "-x509", "-subj", "/CN=localhost", *made, *files]
    subprocess.run(command, check=True, capture_output=True)
    return Proxy(folder, free_port())


@contextlib.contextmanager
def running(proxy: Proxy, behind: int) -> Iterator[None]:
    """nginx, in front of a port."""
    user = "user root;" if os.geteuid() == 0 else ""
    text = CONFIGURATION.format(folder=proxy.folder, port=proxy.port, behind=behind, user=user)
    (proxy.folder / "nginx.conf").write_text(text)
    command = [programs.need("nginx"), "-p", str(proxy.folder), "-c", str(proxy.folder / "nginx.conf")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as nginx:
        try:
            wait_for(lambda: nginx.poll() is not None or _answers(proxy))
            assert nginx.poll() is None, (proxy.folder / "error.log").read_text()
            yield
        finally:
            nginx.terminate()


def _answers(proxy: Proxy) -> bool:
    try:
        return httpx.get(f"{proxy.url}/healthz", verify=proxy.trust).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
