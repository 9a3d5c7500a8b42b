from rest_framework.test import APIClient


def test_usable_blocks_are_listed_by_name(api: APIClient) -> None:
    listed = api.get("/v1/blocks").json()
    names = [block["name"] for block in listed]
    assert names == sorted(names)
    block = listed[names.index("AgentInputBlock")]
    assert (block["staticOutput"], block["uiType"]) == (True, "Input")
    assert {one["category"] for one in block["categories"]} == {"BASIC", "INPUT"}
    assert "name" in block["inputSchema"]["properties"]


def test_blocks_that_are_only_known_are_not_listed(api: APIClient) -> None:
    assert "AITextGeneratorBlock" not in [block["name"] for block in api.get("/v1/blocks").json()]
