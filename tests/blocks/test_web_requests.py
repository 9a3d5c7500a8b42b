"""The blocks that fetch and send, against a server on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import outbound
from blocks import registry, services
from blocks.sdk import Context, HostScoped
from blocks.sdk.cases import call
from blocks.sdk.files import store
from tests.outbound.servers import Answer, Asked, Server, serving

JSON = {"content-type": "application/json"}
SENT = ("user-agent", "host", "accept", "accept-encoding", "connection", "content-length")
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>
<item><title>A</title><link>http://x/a</link><description>D</description><author>me@x</author><category>c1</category>
<pubDate>Tue, 01 Jan 2030 00:00:00 GMT</pubDate></item>
<item><title>Old</title><link>http://x/o</link><pubDate>Tue, 01 Jan 2002 00:00:00 GMT</pubDate></item>
<item><title>Undated</title></item></channel></rss>"""
PAGE = b"<html><head><title>On owls</title></head><body><nav>Menu Home</nav><article><h1>On owls</h1>" + (
    b"<p>" + b"Owls hunt at night and sleep by day. " * 12 + b"</p></article></body></html>"
)
ANSWERS = {
    "/text": Answer(headers={"content-type": "text/plain; charset=latin-1"}, body="héllo".encode("latin-1")),
    "/badjson": Answer(headers=JSON, body=b"{"),
    "/vndjson": Answer(headers={"content-type": "application/vnd.api+json"}, body=b'{"a":1}'),
    "/charset": Answer(headers={"content-type": "text/plain; charset=martian"}, body=b"x"),
    "/204": Answer(204, JSON),
    "/304": Answer(304),
    "/404": Answer(404, JSON, b'{"e": "nf"}'),
    "/500": Answer(500, {}, b"boom"),
    "/redir": Answer(302, {"location": "/text"}),
    "/feed": Answer(headers={"content-type": "application/rss+xml"}, body=FEED),
    "/tricky": Answer(body=b"/etc/passwd"),
    "/page": Answer(headers={"content-type": "text/html"}, body=PAGE),
    "/image": Answer(headers={"content-type": "image/png"}, body=b"\x89PNG"),
    "/files/a%20b.txt": Answer(headers={"content-type": "text/plain"}, body=b"content"),
    "/api/page/summary/Night_owl": Answer(headers=JSON, body=b'{"extract": "A bird."}'),
    "/api/page/summary/None": Answer(headers=JSON, body=b"{}"),
}


def _answer(asked: Asked) -> Answer:
    if not asked.path.startswith("/echo"):
        return ANSWERS.get(asked.path) or Answer(404)
    headers = {name: value for name, value in asked.headers.items() if name not in SENT}
    told = {"method": asked.method, "path": asked.path, "headers": headers, "body": asked.body.decode("latin-1")}
    return Answer(headers=JSON, body=json.dumps(told).encode())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(_answer) as running, outbound.allowing(f"127.0.0.1:{running.port}"):
        yield running


def run(name: str, folder: Path | None = None, **data: Any) -> list[tuple[str, Any]]:
    credentials = {"credentials": data.pop("credentials")} if "credentials" in data else {}
    spec = next(spec for spec in registry.all_specs() if spec.name == f"{name}Block")
    emitted = call(spec, data, Context(files=folder), credentials)
    assert [spec.output_problem(pin, value) for pin, value in emitted] == [None] * len(emitted)
    return emitted


def echoed(emitted: list[tuple[str, Any]]) -> dict[str, Any]:
    ((pin, value),) = emitted
    assert pin == "response"
    return dict(value)


def test_a_body_is_sent_as_json(server: Server) -> None:
    got = echoed(run("SendWebRequest", url=f"{server.url}/echo?q=1", body={"a": [1]}, headers={"X-A": "1"}))
    assert (got["method"], got["path"], got["body"]) == ("POST", "/echo?q=1", '{"a": [1]}')
    assert got["headers"] == {"content-type": "application/json", "x-a": "1"}


def test_a_request_without_a_body_says_so(server: Server) -> None:
    assert echoed(run("SendWebRequest", url=f"{server.url}/echo"))["headers"] == {
        "content-type": "application/octet-stream"
    }
    assert echoed(run("SendWebRequest", url=f"{server.url}/echo", method="GET"))["headers"] == {}


def test_a_form_is_sent_when_it_is_no_json(server: Server) -> None:
    got = echoed(run("SendWebRequest", url=f"{server.url}/echo", body={"k": "a b", "n": 1}, json_format=False))
    assert got["body"] == "k=a+b&n=1"
    assert got["headers"]["content-type"] == "application/x-www-form-urlencoded"


def test_files_are_sent_as_parts_of_a_form(server: Server, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("inside")
    files = ["note.txt", "data:text/plain;base64,Zg==", f"{server.url}/files/a%20b.txt"]
    got = echoed(
        run("SendWebRequest", tmp_path, url=f"{server.url}/echo", files=files, json_format=False, body={"k": 1})
    )
    assert got["headers"]["content-type"].startswith("multipart/form-data; boundary=")
    assert all(part in got["body"] for part in ('name="k"', 'name="file"', "inside", "content", 'filename="note.txt"'))


def test_files_do_not_go_with_json(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="set json_format to false"):
        run("SendWebRequest", tmp_path, url=f"{server.url}/echo", files=["data:text/plain;base64,Zg=="])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/text", ("response", "héllo")),
        ("/vndjson", ("response", '{"a":1}')),
        ("/charset", ("response", "x")),
        ("/204", ("response", None)),
        ("/304", ("server_error", "")),
        ("/404", ("client_error", {"e": "nf"})),
        ("/500", ("server_error", "boom")),
        ("/redir", ("response", "héllo")),
    ],
)
def test_an_answer_is_sorted_by_its_status(server: Server, path: str, expected: tuple[str, Any]) -> None:
    assert run("SendWebRequest", url=f"127.0.0.1:{server.port}{path}", method="GET") == [expected]


@pytest.mark.parametrize(
    ("path", "method", "message"),
    [("/badjson", "GET", "is no JSON, as it says"), ("/echo?key=secret", "HEAD", "is no JSON")],
)
def test_json_that_is_none_fails_without_telling_the_query(
    server: Server, path: str, method: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message) as failure:
        run("SendWebRequest", url=f"{server.url}{path}", method=method)
    assert "secret" not in str(failure.value)


def test_a_host_that_does_not_exist_is_an_error_of_the_node() -> None:
    with pytest.raises(ValueError, match=r"GET http://nonexistent\.invalid/ failed: the name"):
        run("SendWebRequest", url="http://nonexistent.invalid/?key=secret", method="GET")


@pytest.mark.parametrize(("host", "sent"), [("127.0.0.1", "sent"), ("api.example.org", "")])
def test_headers_of_a_credential_go_to_its_host_alone(server: Server, host: str, sent: str) -> None:
    credentials = HostScoped(host=f"{host}:{server.port}", headers={"X-Token": "t", "X-A": "theirs"})
    got = echoed(
        run(
            "SendAuthenticatedWebRequest",
            url=f"{server.url}/echo",
            method="GET",
            headers={"X-A": "mine"},
            credentials=credentials,
        )
    )
    assert got["headers"] == {"x-a": "mine"} | ({"x-token": "t"} if sent else {})


def test_a_feed_is_read_from_its_window_of_time(server: Server) -> None:
    emitted = run("ReadRSSFeed", rss_url=f"{server.url}/feed", polling_rate=0, run_continuously=False)
    assert emitted[0] == (
        "entry",
        {
            "title": "A",
            "link": "http://x/a",
            "description": "D",
            "pub_date": "2030-01-01T00:00:00Z",
            "author": "me@x",
            "categories": ["c1"],
        },
    )
    assert [entry["title"] for entry in emitted[-1][1]] == ["A", "Undated"]


@pytest.mark.parametrize("path", ["/404", "/text", "/tricky", "/500"])
def test_what_is_no_feed_has_no_entries(server: Server, path: str) -> None:
    emitted = run("ReadRSSFeed", rss_url=f"{server.url}{path}", polling_rate=0, run_continuously=False)
    assert emitted == [("entries", [])]


def test_a_page_is_read_without_its_menu(server: Server) -> None:
    emitted = dict(run("ReadWebPage", url=f"{server.url}/page"))
    assert emitted["content"].startswith("On owls\nOwls hunt at night")
    assert "Menu" not in emitted["content"]
    assert emitted["title"] == "On owls"
    assert run("ReadWebPage", url=f"{server.url}/page", raw=True) == [("content", PAGE.decode())]


def test_what_is_no_page_is_refused(server: Server) -> None:
    with pytest.raises(ValueError, match="is no page but image/png"):
        run("ReadWebPage", url=f"{server.url}/image")
    with pytest.raises(ValueError, match="answered 404"):
        run("ReadWebPage", url=f"{server.url}/404")


def test_wikipedia_may_be_a_server_of_ones_own(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_addresses", {"wikipedia": f"{server.url}/api"})
    assert run("GetWikipediaSummary", topic="Night owl") == [("summary", "A bird.")]
    with pytest.raises(ValueError, match="no summary of this topic"):
        run("GetWikipediaSummary", topic="None")
    with pytest.raises(ValueError, match="answered 404"):
        run("GetWikipediaSummary", topic="a/../b")


def test_a_file_is_fetched_into_the_folder_of_the_run(server: Server, tmp_path: Path) -> None:
    stored = store(f"{server.url}/files/a%20b.txt", tmp_path)
    assert (stored.mime, (tmp_path / stored.name).read_bytes()) == ("text/plain", b"content")
    assert stored.name.endswith("_a_b.txt")
    assert store(f"{server.url}/files/a%20b.txt", tmp_path).name == stored.name
    with pytest.raises(ValueError, match="the server answered 404"):
        store(f"{server.url}/nothing", tmp_path)
    with pytest.raises(ValueError, match="no public address"):
        store("http://127.0.0.2/x", tmp_path)
