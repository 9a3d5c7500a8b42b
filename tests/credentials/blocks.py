"""Blocks of these tests that use credentials."""

import logging
import time
from collections.abc import Iterator
from typing import Any

import httpx

from blocks.sdk import (
    APIKey,
    Block,
    BlockInput,
    BlockOutput,
    Context,
    Cost,
    Credentials,
    CredentialsReference,
    Effect,
    Field,
    HostScoped,
    OAuth2,
    UserPassword,
    Workload,
)

log = logging.getLogger("tests.leaky")


class AnyOut(BlockOutput):
    out: Any = Field(description="What came of it")


class LengthBlock(Block):
    """Says how long its key is; costs something."""

    id = "f2000000-0000-4000-8000-000000000001"
    costs = (Cost(7),)
    effect = Effect.IDEMPOTENT
    workload = Workload.IO
    Output = AnyOut

    class Input(BlockInput):
        x: Any = Field(None)
        seconds: float = Field(0.0)
        credentials: CredentialsReference = Credentials(providers=["github"], types=["api_key"])

    def run(self, data: Input, context: Context, *, credentials: APIKey) -> Iterator[tuple[str, Any]]:
        time.sleep(data.seconds)
        yield "out", len(credentials.api_key.get_secret_value())


class TokenBlock(Block):
    """Says the last letters of its token, which is no secret here."""

    id = "f2000000-0000-4000-8000-000000000002"
    workload = Workload.IO
    Output = AnyOut

    class Input(BlockInput):
        x: Any = Field(None)
        credentials: CredentialsReference = Credentials(providers=["github"], types=["oauth2"])

    def run(self, data: Input, context: Context, *, credentials: OAuth2) -> Iterator[tuple[str, Any]]:
        yield "out", credentials.access_token.get_secret_value()[-4:]


class LeakyBlock(Block):
    """Puts its secrets wherever a careless author or library might: log lines, its exception, the cause of it."""

    id = "f2000000-0000-4000-8000-000000000003"
    workload = Workload.IO
    Output = AnyOut

    class Input(BlockInput):
        how: str = Field("raise")
        key_credentials: CredentialsReference = Credentials(providers=["github"], types=["api_key"])
        token_credentials: CredentialsReference = Credentials(providers=["github"], types=["oauth2"])
        login_credentials: CredentialsReference = Credentials(providers=["mail"], types=["user_password"])
        host_credentials: CredentialsReference = Credentials(providers=["http"], types=["host_scoped"])

    def run(
        self,
        data: Input,
        context: Context,
        *,
        key_credentials: APIKey,
        token_credentials: OAuth2,
        login_credentials: UserPassword,
        host_credentials: HostScoped,
    ) -> Iterator[tuple[str, Any]]:
        everything = (key_credentials, token_credentials, login_credentials, host_credentials)
        yield "out", [everything, str(everything), data.model_dump()]
        secrets = [secret for one in everything for secret in one.secrets()]
        log.warning("calling with %s and %r", secrets, everything)
        if data.how == "emit":
            yield "error", f"refused: {secrets}"
        try:
            httpx.get(f"http://127.0.0.1:9/?key={secrets[0]}", headers={"X-Key": secrets[1]})
        except httpx.HTTPError as wrong:
            wrong.add_note(f"with {secrets}")
            kind = ValueError if data.how == "value" else RuntimeError
            raise kind(f"the server said: {secrets} are not valid") from wrong


class BothBlock(Block):
    """One credential in two fields, the second of which may be left out."""

    id = "f2000000-0000-4000-8000-000000000004"
    Output = AnyOut
    workload = Workload.IO

    class Input(BlockInput):
        x: Any = Field(None)
        first_credentials: CredentialsReference = Credentials(providers=["github"], types=["api_key"])
        second_credentials: CredentialsReference | None = Credentials(
            providers=["github"], types=["api_key"], optional=True
        )

    def run(
        self, data: Input, context: Context, *, first_credentials: APIKey, second_credentials: APIKey | None
    ) -> Iterator[tuple[str, Any]]:
        yield "out", [first_credentials.id, None if second_credentials is None else second_credentials.id]
