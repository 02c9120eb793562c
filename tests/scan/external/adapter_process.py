"""The program behind `adapters`: reads a plan from its input, says its port, and answers."""

import json
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PLAN: dict[str, Any] = json.loads(sys.stdin.readline())  # Any: JSON
LOCK = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer("report" if self.path.endswith("/report") else "metadata", "")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer("submit", body.decode())

    def _answer(self, kind: str, body: str) -> None:
        with LOCK:
            answers = PLAN[kind]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            with Path(PLAN["record"]).open("a") as record:
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = {"method": self.command, "path": self.path, "headers": headers, "body": body}
                record.write(json.dumps(request) + "\n")
        if "drip" in answer:
            self._drip()
        else:
            self._send(answer)

    def _send(self, answer: dict[str, Any]) -> None:  # Any: JSON
        body, times = answer["body"].encode(), answer.get("repeat", 1)
        self.send_response(answer["status"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) * times))
        self.end_headers()
        for _ in range(times):
            self.wfile.write(body)

    def _drip(self) -> None:
        """A header without an end, byte by byte, so that no single wait is long."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.05)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as the base class has it
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever asked has gone."""


server = Server(("127.0.0.1", 0), Handler)
if PLAN["certificate"]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PLAN["certificate"])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
