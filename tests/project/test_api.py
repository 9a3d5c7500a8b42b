"""docs/api.md lists what the API has, and the API has what it lists."""

from django.test import Client

from tests.project.documents import tables

# Who calls these proves by a signature who it is.
SIGNED = {"/v1/credits/stripe_webhook", "/v1/integrations/{provider}/webhooks/{webhook_id}/ingress"}
LISTED = {name for name in tables("api.md") if "/" in name}


def test_every_endpoint_is_documented_and_no_other(client: Client) -> None:
    paths = client.get("/v1/schema", {"format": "json"}).json()["paths"]
    offered = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert {name for name in LISTED if name not in {"GET /v1/schema", "GET /v1/docs"}} == offered


def test_nothing_is_answered_without_a_token_but_the_schema(client: Client) -> None:
    sample = {"graph_id": "0199d1b5-0000-7000-8000-000000000000", "run_id": "0199d1b5-0000-7000-8000-000000000001"}
    names = ("schedule_id", "backfill_id", "preset_id", "webhook_id", "upload_id", "listing_id")
    sample |= dict.fromkeys(names, sample["run_id"])
    sample |= {"provider": "github", "credential_id": "0199d1b5-0000-7000-8000-000000000002"}
    for name in LISTED:
        method, path = name.split()
        if path in SIGNED:
            continue
        response = client.generic(method, path.format(**sample, version=1, transaction_key="key", name="name"))
        assert response.status_code == (200 if path in {"/v1/schema", "/v1/docs"} else 401), name
