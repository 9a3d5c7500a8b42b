import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from graphs import services
from graphs.models import Graph
from tests.conformance_blocks.echo import EchoBlock
from tests.graphs.bodies import graph, node

FILES = Path(__file__).parent / "files"


def told(*arguments: str, **options: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_an_imported_file_is_named_and_its_warnings_told(user: User) -> None:
    out, err = told("import_graph", str(FILES / "era_2025_late.json"))
    assert f"Imported 'Two callers' as {Graph.objects.latest('pk').pk} (6 nodes, 4 links, 3 sub-graphs)." in out
    assert "warning: The sub-agent 'Nowhere'" in err


def test_programs_get_one_json_object(user: User) -> None:
    out, err = told("import_graph", str(FILES / "era_2025_early.json"), "--json")
    answer = json.loads(out)
    assert (answer["name"], answer["version"], answer["nodes"], answer["links"]) == ("Ask the child", 1, 3, 2)
    assert ([sub["name"] for sub in answer["sub_graphs"]], answer["warnings"], err) == (["Child"], [], "")
    assert services.find(user, answer["id"]).name == "Ask the child"


def test_an_imported_graph_belongs_to_the_named_user(user: User) -> None:
    bob = User.objects.create_user("bob")
    told("import_graph", str(FILES / "era_2025_early.json"), "--owner", "bob")
    assert set(Graph.objects.values_list("owner", flat=True)) == {bob.pk}


def test_without_a_name_it_belongs_to_the_first_administrator(user: User) -> None:
    root = User.objects.create_superuser("root")
    User.objects.create_superuser("second")
    told("import_graph", str(FILES / "era_2025_early.json"))
    assert set(Graph.objects.values_list("owner", flat=True)) == {root.pk}


@pytest.mark.parametrize("owner", [None, "nobody"])
def test_an_owner_that_cannot_be_told_is_asked_for(user: User, owner: str | None) -> None:
    User.objects.create_user("bob")
    with pytest.raises(CommandError, match=r"--owner NAME|no user 'nobody'"):
        told("import_graph", str(FILES / "era_2025_early.json"), owner=owner)


def test_what_cannot_be_imported_is_refused_in_one_sentence(user: User, tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text("{}")
    with pytest.raises(CommandError, match="Not imported: name: Field required"):
        told("import_graph", str(file))
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        told("import_graph", str(tmp_path / "missing.json"))


def test_an_exported_graph_is_printed(user: User) -> None:
    version = services.create(user, graph([node("a", EchoBlock, {"x": 1})], name="one"))
    services.update(user, version.graph_id, graph([], name="two", is_active=False))
    assert json.loads(told("export_graph", str(version.graph_id))[0])["name"] == "one"
    assert json.loads(told("export_graph", f"{version.graph_id}@2")[0])["name"] == "two"


@pytest.mark.parametrize("which", ["{}@9", "{}@x", "no-id", "00000000-0000-4000-8000-000000000000"])
def test_a_graph_that_does_not_exist_is_not_printed(user: User, which: str) -> None:
    version = services.create(user, graph([node("a", EchoBlock)]))
    with pytest.raises(CommandError):
        told("export_graph", which.format(version.graph_id))
