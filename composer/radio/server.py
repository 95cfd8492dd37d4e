"""The radio's page: a small server for browsers on this machine, and for nobody else.

What it is: a shell (`radio.html`) that shows the pages of the pieces one after another; each of them is the same page
that `-o piece.html` writes. The shell asks for the list of pieces every other second and for the next page as soon as
one is heard, and that is how the radio knows what to compose.

Conventions: bound to 127.0.0.1. A request must name this address as its host, so that no foreign name that points here
reads anything; it must be a GET of a path that stands in a table: nothing is looked up on the disk. Nothing is put into
frames by other sites, sent to them, or kept by the browser.

Contents: `PageChannel`, `PAGES_KEPT`.
"""

from __future__ import annotations

import json
import re
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any

from composer.errors import OptionError
from composer.radio.aired import Aired

HOST = "127.0.0.1"
PAGES_KEPT = 8  # of up to 6 MB each, so that a browser that was closed and opened again finds its piece
_POLL_SEC = 0.1  # how long Ctrl-C, or the end, may have to wait
_SLOW_SEC = 30.0  # a client that says nothing for so long is left
_SHELL = {
    "/": ("radio.html", "text/html; charset=utf-8"),
    "/radio.css": ("radio.css", "text/css; charset=utf-8"),
    "/radio.js": ("radio.js", "text/javascript; charset=utf-8"),
}
_PIECE = re.compile(r"/pieces/([1-9][0-9]{0,8})", re.ASCII)
_SHELL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_POLICY = "frame-ancestors 'self'"  # besides the stricter one that a page carries in itself
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class PageChannel:
    """Gives pieces to a page; a context that closes the server."""

    def __init__(self, *, port: int = 0) -> None:
        """Open the server.

        Args:
            port: 0 to 65535; 0: one that is free.

        Raises:
            OptionError: the port is taken, or not allowed.
        """
        self._changed = threading.Condition()
        self._pieces: dict[int, Aired] = {}
        self._last_asked = 0  # the highest number of a piece that a page has asked for
        self._is_over = False
        try:
            self._server = _Server((HOST, port), _Handler)
        except OSError as error:
            raise OptionError(
                f"port {port} cannot be opened: {error.strerror or error}", mend="take another"
            ) from error
        self._server.channel = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_SEC,), daemon=True)
        self._thread.start()

    def __enter__(self) -> PageChannel:
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://{HOST}:{self.port}/"

    def play(self, piece: Aired) -> None:
        """Offer a piece; returns when a page has asked for it."""
        with self._changed:
            self._pieces[piece.number] = piece
            while len(self._pieces) > PAGES_KEPT:
                del self._pieces[min(self._pieces)]
            while self._last_asked < piece.number:
                self._changed.wait(_POLL_SEC)

    def end(self) -> None:
        """Say that no more pieces come; those that are there stay."""
        with self._changed:
            self._is_over = True

    def answer(self, path: str) -> tuple[bytes, str, str] | None:
        """Return (content, its type, content policy) of a path; None: there is nothing."""
        if path in _SHELL:
            name, kind = _SHELL[path]
            return (files(__package__) / name).read_bytes(), kind, _SHELL_POLICY
        if path == "/programme.json":
            return self._programme(), "application/json", _SHELL_POLICY
        found = _PIECE.fullmatch(path)
        with self._changed:
            piece = self._pieces.get(int(found[1])) if found else None
            if piece is None or piece.page is None:
                return None
            self._last_asked = max(self._last_asked, piece.number)
            self._changed.notify_all()
        return piece.page, "text/html; charset=utf-8", _PAGE_POLICY

    def _programme(self) -> bytes:
        with self._changed:
            rows = [
                {"number": one.number, "title": one.title, "style": one.style, "seconds": round(one.length_sec)}
                for one in self._pieces.values()
            ]
            return json.dumps({"pieces": rows, "over": self._is_over}).encode()


class _Server(ThreadingHTTPServer):
    """Answers each request in a thread; knows the channel."""

    daemon_threads = True
    channel: PageChannel

    def server_bind(self) -> None:
        """Bind, without the question for this machine's name that http.server asks of the network."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a browser that went away is no error."""


class _Handler(BaseHTTPRequestHandler):
    """Answers GET by the channel's table, and refuses the rest."""

    server: _Server
    protocol_version = "HTTP/1.0"  # a connection for each answer: none is left open at the end
    timeout = _SLOW_SEC
    server_version, sys_version = "ritornello", ""

    def do_GET(self) -> None:
        """Answer."""
        if not self._is_for_us():
            self._send(421, b"this is not the host that you asked for\n")
            return
        found = self.server.channel.answer(self.path)
        if found is None:
            self._send(404, b"there is nothing here\n")
        else:
            self._send(200, *found)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Return what refuses, for every other method."""
        if name.startswith("do_"):
            return self._refuse
        raise AttributeError(name)

    def log_message(self, *_arguments: Any) -> None:
        """Write nothing to the screen."""

    def _refuse(self) -> None:
        self.close_connection = True  # what it sends besides is not read
        self._send(405, b"only GET\n", extra={"Allow": "GET"})

    def _is_for_us(self) -> bool:
        hosts = self.headers.get_all("Host") or []
        port = self.server.server_port
        return len(hosts) == 1 and hosts[0].lower() in (f"{HOST}:{port}", f"localhost:{port}")

    def _send(
        self,
        status: int,
        content: bytes,
        kind: str = "text/plain; charset=utf-8",
        policy: str = _SHELL_POLICY,
        *,
        extra: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": str(len(content)), "Content-Security-Policy": policy}
        for name, value in (headers | _HEADERS | (extra or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
