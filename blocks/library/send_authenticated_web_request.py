"""Sends one HTTP request with the headers of a credential."""

import logging

from blocks.library.send_web_request import SendWebRequestBlock, exchange, told, with_scheme
from blocks.sdk import (
    AsyncEmissions,
    Block,
    Case,
    Category,
    Context,
    Credentials,
    CredentialsReference,
    Effect,
    HostScoped,
    Workload,
)

logger = logging.getLogger(__name__)


class SendAuthenticatedWebRequestBlock(Block):
    """Sends one HTTP request; where the host is the one of the credential, its headers go along."""

    id = "fff86bcd-e001-4bad-a7f6-2eae4720c8dc"
    categories = (Category.OUTPUT,)
    workload = Workload.IO
    effect = Effect.AT_MOST_ONCE
    cases = (
        Case(
            {"url": "http://127.0.0.1/", "method": "GET"},
            raises="no public address",
            credentials={"credentials": HostScoped(host="127.0.0.1", headers={})},
        ),
    )

    class Input(SendWebRequestBlock.Input):
        credentials: CredentialsReference = Credentials(
            providers=["http"], types=["host_scoped"], discriminator="url", description="Headers for one host."
        )

    class Output(SendWebRequestBlock.Output):
        pass

    async def run(self, data: Input, context: Context, *, credentials: HostScoped) -> AsyncEmissions:
        url = with_scheme(data.url)
        secrets = credentials.auth_headers() if credentials.matches(url) else {}
        if not secrets:
            logger.warning("the headers of the credential for %s are not sent to %s", credentials.host, told(url))
        async for name, value in exchange(data, context, secrets):
            yield name, value
