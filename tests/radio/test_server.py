"""The radio's server: pieces for browsers on this machine, and nothing else for anybody else."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from composer.errors import OptionError
from composer.radio import PageChannel
from composer.radio.server import HOST, PAGES_KEPT


@pytest.fixture
def channel() -> Iterator[PageChannel]:
    with PageChannel() as opened:
        yield opened


@pytest.fixture
def ask(channel):
    """Send a request and return its answer, with what was in it as `content`."""

    def send(path: str, *, method: str = "GET", headers: dict[str, str] | None = None, host: str | None = None):
        connection = http.client.HTTPConnection(HOST, channel.port, timeout=5)
        connection.putrequest(method, path, skip_host=True)
        for one in [host or f"{HOST}:{channel.port}"] if host != "" else []:
            connection.putheader("Host", one)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        answer.content = answer.read()
        connection.close()
        return answer

    return send


@pytest.fixture
def offered(channel, aired):
    """Offer pieces in another thread, as the radio does; wait until the first is there."""

    def offer(*numbers: int) -> threading.Thread:
        def work() -> None:
            for number in numbers:
                channel.play(aired(number, page=f"<p>page {number}</p>".encode()))

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    return offer


def rows(ask) -> list[int]:
    return [piece["number"] for piece in json.loads(ask("/programme.json").content)["pieces"]]


def waits_for(condition) -> None:
    for _ in range(100):
        if condition():
            return
        threading.Event().wait(0.05)
    pytest.fail("not within 5 s")


def test_it_listens_on_this_machine_alone(channel):
    assert channel.address == f"http://127.0.0.1:{channel.port}/"
    assert channel._server.socket.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("/", "text/html", b"<!DOCTYPE html>"),
        ("/radio.js", "text/javascript", b"use strict"),
        ("/radio.css", "text/css", b"iframe"),
    ],
)
def test_the_shell_is_there(ask, path, kind, words):
    answer = ask(path)
    assert answer.status == 200
    assert answer.headers.get_content_type() == kind
    assert words in answer.content


def test_every_answer_has_a_strict_policy_and_is_for_this_origin(ask, offered):
    offered(1)
    waits_for(lambda: rows(ask) == [1])
    for path in ("/", "/radio.js", "/programme.json", "/nothing"):
        policy = ask(path).headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; ")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
    assert ask("/pieces/1").headers["Content-Security-Policy"] == "frame-ancestors 'self'"
    for path in ("/", "/pieces/1", "/nothing"):
        headers = ask(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in headers
        assert "Python" not in headers["Server"]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1.evil.example", "0.0.0.0", ""]
)
def test_a_foreign_name_that_points_here_reads_nothing(ask, offered, host):
    offered(1)
    waits_for(lambda: rows(ask) == [1])
    for path in ("/", "/programme.json", "/pieces/1"):
        answer = ask(path, host=host)
        assert answer.status == 421
        assert b"page" not in answer.content
    assert rows(ask) == [1]


def test_two_names_at_once_are_refused(channel):
    with socket.create_connection((HOST, channel.port), timeout=5) as connection:
        good = f"Host: {HOST}:{channel.port}\r\n"
        connection.sendall(f"GET / HTTP/1.1\r\n{good}Host: evil.example\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(1000).startswith(b"HTTP/1.0 421 ")


def test_localhost_is_another_name_of_it(channel, ask):
    assert ask("/", host=f"localhost:{channel.port}").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "CONNECT", "BREW"])
def test_only_get_is_answered(ask, method):
    answer = ask("/", method=method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET"
    assert b"<" not in answer.content


@pytest.mark.parametrize(
    "path",
    [
        "/../server.py", "/radio.js/../server.py", "/%2e%2e/server.py", "/..%2f..%2fetc/passwd", "//etc/passwd",
        "/server.py", "/radio.html", "/pieces/", "/pieces/0", "/pieces/01", "/pieces/1/", "/pieces/1?x", "/pieces/-1",
        "/pieces/٣", "/pieces/99999999999999999999", "http://127.0.0.1/", "/pieces/2",
    ],
)  # fmt: skip
def test_what_stands_in_no_table_is_not_there(channel, ask, offered, path):
    offered(1)
    waits_for(lambda: rows(ask) == [1])
    assert channel.answer(path) is None
    if path.isascii():
        assert ask(path).status == 404


def test_the_next_piece_is_offered_when_one_is_asked_for(ask, offered):
    thread = offered(1, 2, 3)
    waits_for(lambda: rows(ask) == [1])
    assert ask("/pieces/2").status == 404
    assert ask("/pieces/1").content == b"<p>page 1</p>"
    waits_for(lambda: rows(ask) == [1, 2])
    assert thread.is_alive()
    for number in (2, 3):
        waits_for(lambda number=number: ask(f"/pieces/{number}").status == 200)
    thread.join(5)
    assert not thread.is_alive()


def test_only_the_last_pages_are_kept(channel, ask, aired):
    channel._last_asked = 100
    for number in range(1, PAGES_KEPT + 4):
        channel.play(aired(number, page=b"page"))
    assert rows(ask) == list(range(4, PAGES_KEPT + 4))
    assert ask("/pieces/3").status == 404


def test_the_page_is_told_when_no_more_pieces_come(channel, ask):
    assert json.loads(ask("/programme.json").content) == {"pieces": [], "over": False}
    channel.end()
    assert json.loads(ask("/programme.json").content) == {"pieces": [], "over": True}


def test_a_port_that_is_taken_is_told(channel):
    with pytest.raises(OptionError, match=f"port {channel.port} cannot be opened"):
        PageChannel(port=channel.port)


def test_the_end_closes_the_port_though_somebody_is_connected():
    with PageChannel() as channel:
        connection = socket.create_connection((HOST, channel.port), timeout=5)
    with pytest.raises(OSError):  # noqa: PT011 - the system's own words
        socket.create_connection((HOST, channel.port), timeout=1)
    connection.close()
