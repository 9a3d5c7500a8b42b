"""Signs texts."""

import hashlib
import hmac

from blocks.sdk import (
    APIKey,
    Block,
    BlockInput,
    BlockOutput,
    Case,
    Category,
    Context,
    Credentials,
    CredentialsReference,
    Emissions,
    Field,
)

KEY = APIKey(api_key="for tests")


class SignTextBlock(Block):
    """Signs a text with a key, so that its reader can tell who wrote it."""

    id = "0e9a3c52-7a0f-4f3e-8a57-6f1f0f0b7c11"
    categories = (Category.TEXT,)
    cases = (
        Case(
            {"text": "hi"},
            [("signature", "229498976b61393abf8593047c8bbd3889db0aca782785bb91412b6521a1c943")],
            credentials={"credentials": KEY},
        ),
    )

    class Input(BlockInput):
        credentials: CredentialsReference = Credentials(providers=["signatures"], types=["api_key"])
        text: str = Field(description="The text.")

    class Output(BlockOutput):
        signature: str = Field(description="HMAC-SHA256 of the text, in hexadecimal digits.")

    def run(self, data: Input, context: Context, *, credentials: APIKey) -> Emissions:
        key = credentials.api_key.get_secret_value().encode()
        yield "signature", hmac.new(key, data.text.encode(), hashlib.sha256).hexdigest()
