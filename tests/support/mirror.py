"""Mirrors on this machine: https servers with a certificate of our own, and with every bad manner we know of."""

import dataclasses
import hashlib
import re
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from paribus.data.catalog import SOURCES, Published


class Mirror(ThreadingHTTPServer):
    """Serves `files` (name -> content) in the manner that `manners` has for its next answer, else as it should.

    asked: (path, Range header or "") of every request so far.
    """

    def __init__(self, context):
        super().__init__(("127.0.0.1", 0), _Handler)
        self._context = context
        self.files, self.asked, self.manners, self.manner = {}, [], [], serve
        self.released = threading.Event()

    @property
    def address(self):
        return f"https://localhost:{self.server_port}/{{name}}"

    def get_request(self):
        """Accept a connection; its handshake waits for the thread that answers."""
        connection, address = self.socket.accept()
        return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request, client_address):
        """Say nothing of a client that went away, or that does not trust us."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.close_connection = True
        name = self.path.lstrip("/")
        self.server.asked.append((name, self.headers.get("Range", "")))
        if name not in self.server.files:
            fail(404)(self, b"")
            return
        manner = self.server.manners.pop(0) if self.server.manners else self.server.manner
        manner(self, self.server.files[name])

    def start(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, *args):
        """Keep quiet."""


@contextmanager
def serving(context):
    """Run a mirror."""
    mirror = Mirror(context)
    thread = threading.Thread(target=mirror.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield mirror
    finally:
        mirror.released.set()
        mirror.shutdown()
        mirror.server_close()
        thread.join()


def _begin(handler, content):
    """Answer a Range as RFC 9110 has it; return what is to be sent."""
    found = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
    start = int(found[1]) if found else 0
    kind = {"Content_Type": "application/octet-stream", "Content_Length": len(content) - start}
    if found:
        handler.start(206, Content_Range=f"bytes {start}-{len(content) - 1}/{len(content)}", **kind)
    else:
        handler.start(200, **kind)
    return content[start:]


def serve(handler, content):
    """As it should be."""
    handler.wfile.write(_begin(handler, content))


def ignore_range(handler, content):
    handler.start(200, Content_Length=len(content))
    handler.wfile.write(content)


def cut(after):
    """Promise all, send so many bytes, hang up."""

    def manner(handler, content):
        handler.wfile.write(_begin(handler, content)[:after])

    return manner


def stall(after):
    """Promise all, send so many bytes, and then nothing, without hanging up."""

    def manner(handler, content):
        handler.wfile.write(_begin(handler, content)[:after])
        handler.wfile.flush()
        handler.server.released.wait(60)

    return manner


def silent(handler, content):  # noqa: ARG001 - a manner
    handler.server.released.wait(60)


def slow(pieces, seconds):
    """Send in so many pieces, with a pause before each."""

    def manner(handler, content):
        body = _begin(handler, content)
        step = -(-len(body) // pieces)
        for start in range(0, len(body), step):
            time.sleep(seconds)
            handler.wfile.write(body[start : start + step])

    return manner


def fail(status):
    def manner(handler, content):  # noqa: ARG001 - a manner
        handler.start(status, Content_Length=0)

    return manner


def page(handler, content):  # noqa: ARG001 - a manner
    """Answer as the login page of a hotel does."""
    text = b"<html>Welcome! Please log in.</html>"
    handler.start(200, Content_Type="text/html; charset=utf-8", Content_Length=len(text))
    handler.wfile.write(text)


def page_as_file(handler, content):
    """Send a page of the right length and with no word of what it is."""
    handler.start(200, Content_Length=len(content))
    handler.wfile.write(b"<html>".ljust(len(content)))


def announce(extra):
    """Promise and send so many bytes more (or fewer) than there should be."""

    def manner(handler, content):
        body = content[: len(content) + extra] + bytes(max(0, extra))
        handler.start(200, Content_Length=len(body))
        handler.wfile.write(body)

    return manner


def endless(handler, content):
    """Send the file and then go on, in chunks that announce no length."""
    handler.start(200, Transfer_Encoding="chunked")
    for block in (content + bytes(1 << 16), *([bytes(1 << 16)] * 100)):
        handler.wfile.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")


def chunked(handler, content):
    """Announce no length, as some servers do."""
    handler.start(200, Transfer_Encoding="chunked")
    for block in (content[:1000], content[1000:]):
        handler.wfile.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def other_part(handler, content):
    """Answer a Range with another one."""
    handler.start(206, Content_Range=f"bytes 7-{len(content) - 1}/{len(content)}", Content_Length=len(content) - 7)
    handler.wfile.write(content[7:])


def babble(handler, content):  # noqa: ARG001 - a manner
    """Say what makes no sense as HTTP."""
    handler.wfile.write(b"220 ftp.example.org ready\r\n")


def lead_to(address):
    def manner(handler, content):  # noqa: ARG001 - a manner
        handler.start(302, Location=address.replace("{name}", handler.path.lstrip("/")), Content_Length=0)

    return manner


def noise(size, *, key):
    return np.random.Generator(np.random.Philox(key=key)).bytes(size)


def published(name, content, *, packed=b""):
    sha256 = hashlib.sha256(content).hexdigest()
    return Published(name, len(content), sha256, len(packed), hashlib.sha256(packed).hexdigest() if packed else "")


def install(monkeypatch, name, layout):
    monkeypatch.setitem(SOURCES, name, dataclasses.replace(SOURCES[name], layouts=(layout,)))


def contents(folder):
    """Return what the folder holds, but for the lock."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".download.lock"}
