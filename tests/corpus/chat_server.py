"""A chat endpoint on this machine that does as it is told, also what it should not."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Answers each request with the next of `script`, the last one for ever."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list = []
        self.asked: list[dict] = []
        self.headers: list = []
        self.paths: list[str] = []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        server.asked.append(body)
        server.headers.append(self.headers)
        server.paths.append(self.path)
        step = server.script.pop(0) if len(server.script) > 1 else server.script[0]
        step(self)

    def reply(self, status: int, body: bytes, length: int | None = None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def says(content) -> callable:
    """A chat completion with this text, or with this object as JSON."""
    text = content if isinstance(content, str) else json.dumps(content)
    body = json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()
    return lambda handler: handler.reply(200, body)


def fails(status: int, **headers) -> callable:
    return lambda handler: handler.reply(status, b'{"error": "not now"}', **headers)


def torn(handler) -> None:
    """Half of what was announced."""
    handler.reply(200, b'{"choices": [{"mess', length=500)
    handler.close_connection = True
