"""The language models that nodes may name: who serves them, and how much they read and write."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import WithJsonSchema

from blocks import services
from blocks.sdk import Credentials

DEFAULT = "gpt-5.2-2025-12-11"
_FILE = Path(__file__).with_name("models.json")
# Where the providers speak the OpenAI protocol; PETIOLE_SERVICE_URLS names other places.
_ADDRESSES: Mapping[str, str] = {
    "aiml_api": "https://api.aimlapi.com/v1",
    "anthropic": "https://api.anthropic.com/v1",
    "groq": "https://api.groq.com/openai/v1",
    "llama_api": "https://api.llama.com/compat/v1",
    "open_router": "https://openrouter.ai/api/v1",
    "openai": "https://api.openai.com/v1",
    "v0": "https://api.v0.dev/v1",
}
_USUAL_OUTPUT = 8192  # of a model that does not say


@dataclass(frozen=True, slots=True)
class Model:
    """`context`: tokens that prompt and answer may have together; `most_output`: tokens of an answer."""

    name: str
    provider: str
    context: int
    most_output: int

    def address(self, ollama_host: str) -> str:
        """The base of its provider's OpenAI-compatible interface."""
        told = services.model_address_of(self.provider)
        if told is not None:
            return told
        if self.provider == "ollama":
            host = ollama_host.strip().rstrip("/")
            return f"{host if '://' in host else f'http://{host}'}/v1"
        return _ADDRESSES[self.provider]


@functools.cache
def _models() -> Mapping[str, Model]:
    rows: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return {
        name: Model(name, provider, context, most_output or min(_USUAL_OUTPUT, context))
        for name, (provider, context, most_output) in rows.items()
    }


def model(name: str) -> Model:
    try:
        return _models()[name]
    except KeyError:
        raise ValueError(f"the language model {name[:60]!r} is not known") from None


ModelName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(_models())})]


def model_credentials() -> Any:
    """The credentials pin of a block that uses a model: the model decides whose they are.

    A node need not have one where the installation has keys for everybody."""
    mapping = {known.name: known.provider for known in _models().values()}
    return Credentials(
        providers=sorted(set(mapping.values())),
        types=["api_key"],
        optional=services.has_keys(),
        discriminator="model",
        discriminator_mapping=mapping,
        description="The key for the provider of the model.",
    )
