"""Agents of the shapes that people exchange, exported, imported and run to their end against a server of ours."""

from collections.abc import Iterator
from typing import Any

import pytest

import outbound
from accounts.models import User
from blocks import registry
from credentials import services as credentials
from executions import detail, services
from executions.models import GraphExecution
from executions.states import Status
from graphs import exporting, importing
from tests.executions.driver import Driver
from tests.graphs_for_tests import Build, Built
from tests.llm.model_server import marked, speaking
from tests.local_http import LocalServer, local_server, told
from tests.outbound.servers import Asked


@pytest.fixture
def web() -> Iterator[LocalServer]:
    with local_server() as server, outbound.allowing("127.0.0.1"):
        yield server


def block(kind: str, /, **constants: Any) -> tuple[str, dict[str, Any]]:
    return next(spec.id for spec in registry.all_specs() if spec.name == f"{kind}Block"), constants


def run(drive: Driver, user: User, built: Built, keys: dict[str, Any] | None = None, **inputs: Any) -> GraphExecution:
    """A run of the graph as it comes out of its file, with the credentials that a person chooses for it."""
    imported = importing.import_document(user, exporting.export(built.version))
    assert imported.warnings == []
    started = services.start(user=user, version=imported.version, inputs=inputs, credentials_inputs=keys)
    return drive(started)


BODY = '{"text": "{{ d.title }}, {{ d.mood }} ({{ d.language }})"}'


def test_an_agent_sends_what_it_was_told_to_a_service(
    drive: Driver, build: Build, user: User, web: LocalServer
) -> None:
    """Two texts, a dictionary, a template, conversions, a request, and an output for each way it may end."""
    built = build(
        {
            "title": block("AgentShortTextInput", name="title"),
            "mood": block("AgentLongTextInput", name="mood"),
            "both": block("CreateDictionary", values={"language": "en"}),
            "body": block("FillTextTemplate", values={}, format=BODY),
            "json": block("UniversalTypeConverter", type="dictionary"),
            "send": block("SendWebRequest", url=f"{web.address}/posts", method="POST"),
            "sent": block("AgentOutput", name="sent"),
            "refused": block("AgentOutput", name="refused"),
            "broken": block("AgentOutput", name="broken"),
            "failed": block("AgentOutput", name="failed"),
        },
        "title.result => both.values_#_title", "mood.result => both.values_#_mood",
        "both.dictionary -> body.values_#_d", "body.output -> json.value", "json.value -> send.body",
        "send.response -> sent.value",
        "send.client_error -> refused.value", "send.server_error -> broken.value", "send.error -> failed.value",
    )  # fmt: skip
    web.answers = lambda asked: (201, {"got": told(asked)["text"]})
    done = run(drive, user, built, title="Tea", mood="calm")
    assert (done.status, detail.outputs(done)) == (Status.COMPLETED, {"sent": [{"got": "Tea, calm (en)"}]})
    web.answers = lambda asked: (422, {"e": "too short"})
    assert detail.outputs(run(drive, user, built, title="T", mood="")) == {"refused": [{"e": "too short"}]}
    web.answers = lambda asked: (503, {"e": "closed"})
    assert detail.outputs(run(drive, user, built, title="T", mood="")) == {"broken": [{"e": "closed"}]}


TITLES = ["One", "Two"], ["Three"], ["Four"]


def _page(asked: Asked) -> tuple[int, Any]:
    number = int(asked.path.rpartition("=")[2])
    more = {"next": number + 1} if number < len(TITLES) else {}
    return 200, {"posts": [{"title": title} for title in TITLES[number - 1]], **more}


def test_an_agent_reads_page_after_page_until_there_is_none(
    drive: Driver, build: Build, user: User, web: LocalServer
) -> None:
    """A cycle that ends when a page names no next one, and titles that gather in a list."""
    built = build(
        {
            "site": block("AgentShortTextInput", name="site"),
            "first": block("StoreValue", input=1),
            "url": block("FillTextTemplate", values={}, format="{{ site }}/posts?page={{ page|int }}"),
            "get": block("SendWebRequest", method="GET"),
            "next": block("FindInDictionary", key="next"),
            "more": block("Condition", operator=">", value2=1),
            "posts": block("FindInDictionary", key="posts"),
            "titles": block("FindInDictionary", key="title"),
            "start": block("CreateList", values=[]),
            "each": block("StepThroughItems"),
            "all": block("AddToList"),
            "count": block("CountItems"),
            "out": block("AgentOutput", name="count"),
        },
        "site.result => url.values_#_site", "first.output -> url.values_#_page", "url.output -> get.url",
        "get.response -> next.input", "next.output -> more.value1", "more.yes_output -> url.values_#_page",
        "get.response -> posts.input", "posts.output -> titles.input", "titles.output -> each.items",
        "start.list -> all.list", "all.updated_list -> all.list", "each.item -> all.entry",
        "all.updated_list -> count.collection", "count.count -> out.value",
    )  # fmt: skip
    web.answers = _page
    done = run(drive, user, built, site=web.address)
    assert (done.status, detail.outputs(done)) == (Status.COMPLETED, {"count": [1, 2, 3, 4]})


REPLY = "<reply><Names><name>tea</name><name>mint</name></Names><score>7</score></reply>"


def test_an_agent_takes_a_reply_with_tags_apart(drive: Driver, build: Build, user: User) -> None:
    """Tags, keys in what they hold, steps through a list, a number out of a text; errors have their own way."""
    built = build(
        {
            "reply": block("AgentLongTextInput", name="reply"),
            "parse": block("XMLParser"),
            "inner": block("FindInDictionary", key="reply"),
            "names": block("FindInDictionary", key="names"),
            "name": block("FindInDictionary", key="name"),
            "each": block("StepThroughItems"),
            "score": block("FindInDictionary", key="score"),
            "digits": block("ExtractTextInformation", pattern=r"\d+"),
            "number": block("UniversalTypeConverter", type="number"),
            "out": block("AgentOutput", name="name"),
            "sum": block("AgentOutput", name="score"),
            "wrong": block("AgentOutput", name="wrong"),
        },
        "reply.result => parse.input_xml", "parse.parsed_xml -> inner.input", "inner.output -> names.input",
        "names.output -> name.input", "name.output -> each.items", "each.item -> out.value",
        "inner.output -> score.input", "score.output -> digits.text", "digits.positive -> number.value",
        "number.value -> sum.value", "parse.error -> wrong.value",
    )  # fmt: skip
    done = run(drive, user, built, reply=f"  {REPLY}\n")
    assert (done.status, detail.outputs(done)) == (Status.COMPLETED, {"name": ["tea", "mint"], "score": [7.0]})
    refused = detail.outputs(run(drive, user, built, reply="I would rather not."))
    assert list(refused) == ["wrong"]
    assert "outside of the outermost tag" in refused["wrong"][0]


def test_an_agent_asks_a_model_and_takes_its_reply_apart(drive: Driver, build: Build, user: User) -> None:
    """A prompt with values, a reply with tags, a list of what is in it, a short form of every element."""
    built = build(
        {
            "topic": block("AgentShortTextInput", name="topic"),
            "ask": block("AITextGenerator", prompt="Name teas: {{ topic }}", model="gpt-4o"),
            "parse": block("XMLParser"),
            "names": block("FindInDictionary", key="names"),
            "list": block("AIListGenerator", focus="teas", model="gpt-4o"),
            "out": block("AgentOutput", name="tea"),
        },
        "topic.result => ask.prompt_values_#_topic", "ask.response -> parse.input_xml",
        "parse.parsed_xml -> names.input", "names.output -> list.source_data", "list.list_item -> out.value",
    )  # fmt: skip
    with speaking("<names>green and black</names>", marked({"list": ["green", "black"]})) as model:
        key = credentials.create(user.pk, provider="openai", type="api_key", values={"api_key": "sk-of-ada"})
        chosen = {"id": key.id, "provider": key.provider, "type": key.type}
        done = run(drive, user, built, {"openai_api_key_credentials": chosen}, topic="all of them")
    assert (done.status, detail.outputs(done)) == (Status.COMPLETED, {"tea": ["green", "black"]})
    assert {headers["authorization"] for headers in model.headers} == {"Bearer sk-of-ada"}
    assert model.requests[0]["messages"][-1]["content"] == "Name teas: all of them"
    assert "green and black" in str(model.requests[1]["messages"])
