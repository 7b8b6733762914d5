"""A chat endpoint on this machine that answers as a test tells it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from audio_interaction.corpus.endpoint import ChatEndpoint
from tests.corpus.chat_server import Server


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body["messages"])
        content = json.dumps(self.server.answers.pop(0))
        reply = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *args):
        pass


@pytest.fixture
def chat():
    """`chat(answer, ...)`: an endpoint that gives these JSON objects in turn; `chat.asked`."""
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    server.answers, server.asked = [], []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()

    def endpoint(*answers) -> ChatEndpoint:
        server.answers = list(answers)
        return ChatEndpoint(
            f"http://127.0.0.1:{server.server_port}", "test", retries=len(answers) - 1, backoff=0.01
        )

    endpoint.asked = server.asked
    yield endpoint
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def server():
    """Does what its `script` says with one request after the other; `asked` are their bodies."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
