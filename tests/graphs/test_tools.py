"""What a block that calls other nodes is told of them."""

import pytest

from blocks.sdk import Tool
from graphs.plans import plan_of
from graphs.tools import agents_of, tools_of
from tests.graphs_for_tests import Build, Built

pytestmark = pytest.mark.django_db

DECIDES = "3b191d9f-356f-482d-8238-ba04b6d18381"
ASKED = (DECIDES, {"prompt": "x"})


def told(built: Built) -> tuple[Tool, ...]:
    plan = plan_of(built.version.pk)
    return tools_of(plan, plan.nodes[built.ids["d"]])


def test_each_linked_node_is_a_function_of_its_linked_pins(build: Build) -> None:
    nodes = {"d": ASKED, "c": "Calculator", "t": "FillTextTemplate"}
    built = build(nodes, "d.tools -> c.a", "d.tools -> c.operation", "d.tools -> t.values_#_who", "d.finished -> c.b")
    calculator, template = told(built)
    assert (calculator.name, calculator.node_id) == ("calculatorblock", str(built.ids["c"]))
    assert calculator.pins == {"a": "a", "operation": "operation"}
    properties = calculator.parameters["properties"]
    assert properties["a"]["type"] == "number"
    assert properties["operation"]["enum"][0] == "Add"
    assert calculator.parameters["required"] == ["a", "operation"]
    assert template.pins == {"values___who": "values_#_who"}
    assert template.parameters["properties"]["values___who"]["type"] == "string"


def test_names_are_cleaned_and_none_comes_twice(build: Build) -> None:
    named = {"customized_name": "Look it up!"}
    nodes = {"d": ASKED, "a": "CountItems", "b": "CountItems"}
    built = build(nodes, "d.tools -> a.collection", "d.tools -> b.collection", a=named, b=named)
    assert [tool.name for tool in told(built)] == ["look_it_up_", "look_it_up__2"]


def test_an_agent_is_a_function_of_its_inputs(build: Build) -> None:
    child = build({"i": ("AgentInput", {"name": "city", "description": "Which one."})}, name="Weather")
    built = build({"d": ASKED, "x": build.executor(child)}, "d.tools -> x.city")
    (agent,) = told(built)
    assert (agent.name, agent.description) == ("agent", "Runs the agent agent.")
    assert agent.parameters["properties"] == {"city": {"type": "string", "description": "Which one."}}
    assert agent.parameters["required"] == ["city"]


def test_an_agent_is_called_by_its_name(build: Build) -> None:
    child = build({"i": ("AgentInput", {"name": "The_City"})}, name="Weather today")
    built = build({"d": ASKED, "x": build.executor(child)}, "d.tools -> x.The_City")
    plan = plan_of(built.version.pk)
    node = plan.nodes[built.ids["d"]]
    [key] = agents_of(plan, node)
    (agent,) = tools_of(plan, node, {key: ("Weather today", "Tells the weather.")})
    assert (agent.name, agent.description) == ("weather_today", "Tells the weather.")
    assert agent.pins == {"the_city": "The_City"}


def test_a_block_without_linked_nodes_has_no_functions(build: Build) -> None:
    assert told(build({"d": ASKED})) == ()
