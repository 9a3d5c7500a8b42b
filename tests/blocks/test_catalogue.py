"""Blocks that are known without being installed."""

import pytest

from blocks import catalogue, registry
from blocks.sdk import BlockDisabled, Context
from blocks.sdk.fields import BlockInput

GITHUB_COMMENT = "a8db4d8d-db1c-4a25-a1b0-416a8c33602b"
SMART_DECISION_MAKER = "3b191d9f-356f-482d-8238-ba04b6d18381"
WEB_REQUEST = "6595ae1f-b924-42cb-9a41-551a0611c4b4"


def test_all_known_blocks_can_be_read() -> None:
    assert len(catalogue.known_ids()) == 466
    assert len({spec.id for spec in registry.catalogue()}) >= 466


def test_a_placeholder_says_what_is_missing() -> None:
    spec = registry.get(GITHUB_COMMENT)
    assert spec is not None
    assert spec.placeholder
    assert spec.disabled == (
        "GithubCommentBlock is known but not part of this installation; it also needs an account of github."
    )


def test_a_block_that_needs_no_account_asks_for_none() -> None:
    spec = catalogue.placeholder(WEB_REQUEST)
    assert spec is not None
    assert spec.disabled == "SendWebRequestBlock is known but not part of this installation."


def test_a_placeholder_has_pins_defaults_and_credentials() -> None:
    spec = registry.get(GITHUB_COMMENT)
    assert spec is not None
    assert list(spec.inputs) == ["credentials", "issue_url", "comment"]
    assert spec.output_names == {"error", "id", "url"}
    field = spec.credentials["credentials"]
    assert (field.providers, field.types, field.scopes) == (("github",), ("api_key", "oauth2"), ("repo",))
    assert field.required


def test_the_provider_of_a_language_model_follows_from_the_model() -> None:
    spec = registry.get(SMART_DECISION_MAKER)
    assert spec is not None
    field = spec.credentials["credentials"]
    assert field.discriminator == "model"
    assert field.discriminator_mapping["gpt-4o"] == "openai"
    assert spec.problem({"prompt": "x", "model": "gpt-4o"}) is None
    assert "model" in (spec.problem({"prompt": "x", "model": "abacus"}) or "")


def test_a_placeholder_checks_inputs_but_does_not_run() -> None:
    spec = catalogue.placeholder(WEB_REQUEST)
    assert spec is not None
    assert spec.problem({}) == "missing input: url"
    assert spec.problem({"url": "u", "method": "LOOK"}) is not None
    assert spec.convert({"url": 5}) == {"url": 5}
    with pytest.raises(BlockDisabled, match="not part of this installation"):
        spec.bind({"url": "u"})
    with pytest.raises(BlockDisabled):
        spec.start(BlockInput(), Context())


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("any", {}),
        ("string", {"type": "string"}),
        ("string(date)", {"type": "string", "format": "date"}),
        ("array<array<any>>", {"type": "array", "items": {"type": "array", "items": {}}}),
        (
            "object<integer>|null",
            {"anyOf": [{"type": "object", "additionalProperties": {"type": "integer"}}, {"type": "null"}]},
        ),
        ("object{a,b}", {"type": "object", "properties": {"a": {}, "b": {}}}),
        ("enum|null", {"anyOf": [{"enum": ["x"]}, {"type": "null"}]}),
        ("array<enum>", {"type": "array", "items": {"enum": ["x"]}}),
        ("credentials", {}),
    ],
)
def test_a_written_type_becomes_a_schema(text: str, schema: object) -> None:
    assert catalogue.schema_of_text(text, {"enum": ["x"]}) == schema
