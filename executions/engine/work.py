"""One node execution made ready to be claimed and run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from blocks import registry
from blocks.sdk import Answer, BlockInput, BlockSpec, BlockType, Context, CostType, Credential, Tool
from blocks.sdk.errors import ConversionError
from executions import pricing, values
from executions.engine.agents import agents_of_run
from executions.engine.gates import OPEN, Gate, gate_of
from executions.engine.memory import RunMemory
from executions.facts import RunFacts, facts_of
from executions.files.places import Place, place_of
from executions.models import NodeExecution
from graphs import inputs as graph_inputs
from graphs.inputs import Prepared
from graphs.plan import PlanNode


@dataclass
class Work:
    """A node execution with everything its attempt needs.

    `problem`: the input check of spec 2.6 failed; `invalid`: the block's own input model refused the data (2.9.2).
    Either way the block is not entered, and nothing is paid."""

    execution: NodeExecution
    facts: RunFacts
    node: PlanNode
    spec: BlockSpec
    data: dict[str, Any]
    problem: str | None
    invalid: str | None
    bound: BlockInput | None
    gate: Gate = OPEN
    guesses: tuple[str, ...] = ()  # texts that say nothing of the type of their pin, and what they became
    suspended: bool = False  # said by the commit that suspends it
    injected: dict[str, Credential] = field(default_factory=dict, repr=False)  # keyword arguments of the block
    leased: bool = False  # it holds credentials, which go with its claim
    unused: bool = False  # its block could not be entered: what was paid is given back
    tools: tuple[Tool, ...] = ()  # the nodes that its block may call
    answers: tuple[Answer, ...] = ()  # of the nodes that it has called
    refused: int = 0  # of its calls, those that could not even be queued
    stopped: bool = False  # said by the commit that ends it because its run is being stopped

    @property
    def token(self) -> UUID:
        assert self.execution.claim_token is not None
        return self.execution.claim_token

    @cached_property
    def files(self) -> Place:
        return place_of(self.facts.id, self.execution.pk, self.token)

    @cached_property
    def tariff(self) -> pricing.Listed | None:
        """The entry of the price list that holds for this execution (spec 4.3)."""
        if self.problem is not None or self.invalid is not None or self.gate.asks:
            return None
        return pricing.tariff(self.spec, self.data)

    @property
    def price(self) -> int:
        """Credits for this execution, as far as they are known before it runs."""
        tariff = self.tariff
        return tariff.cost.amount if tariff is not None and tariff.cost.type is CostType.RUN else 0

    @property
    def due(self) -> int:
        """What the next claim takes: nothing when an earlier one has paid, whatever the price has become since."""
        return 0 if self.execution.cost else self.price

    @property
    def is_child_run(self) -> bool:
        return self.spec.block_type is BlockType.AGENT

    def log_fields(self) -> dict[str, object]:
        """What lines of the log that are written meanwhile are about."""
        return {
            "user": self.facts.user_id,
            "graph": self.facts.plan.graph_id,
            "run": self.facts.id,
            "node": self.node.id,
            "node_execution": self.execution.pk,
            "block": self.spec.name,
        }

    def context(self, cancelled: Callable[[], bool], report: Callable[[Mapping[str, int]], None]) -> Context:
        facts, execution = self.facts, self.execution
        return Context(
            user_id=str(facts.user_id),
            graph_id=str(facts.plan.graph_id),
            graph_version=facts.plan.version,
            graph_exec_id=str(facts.id),
            node_id=str(self.node.id),
            node_exec_id=str(execution.pk),
            root_execution_id=str(facts.root_id),
            parent_execution_id=None if facts.parent_id is None else str(facts.parent_id),
            user_timezone=facts.context.get("user_timezone", "UTC"),
            human_in_the_loop_safe_mode=facts.context.get("human_in_the_loop_safe_mode", True),
            sensitive_action_safe_mode=facts.context.get("sensitive_action_safe_mode", False),
            attempt=execution.attempt,
            idempotency_key=f"{execution.pk}-{execution.epoch}",
            state=execution.state or {},
            nodes_input_masks={str(node): mask for node, mask in facts.masks.items()},
            cancelled=cancelled,
            files=self.files.folder,
            decision=self.gate.decision,
            memory=RunMemory(facts.user_id, facts.plan.graph_id, execution.pk, self.token),
            agents=agents_of_run()(facts.user_id, execution.pk, self.token),
            report=report,
            tools=self.tools,
            answers=self.answers,
        )


def prepared(execution: NodeExecution) -> Work:
    """The work of an execution that has been read."""
    facts = facts_of(execution.run_id)
    return prepare(execution, facts, facts.plan.nodes[execution.node_id])


def prepare(execution: NodeExecution, facts: RunFacts, node: PlanNode) -> Work:
    spec = registry.get(node.block_id)
    if spec is None:  # it was known when the run started: another worker may still have it
        raise RuntimeError(f"block {node.block_id} is not installed on this worker")
    prepared = graph_inputs.prepare(node, spec, values.received(execution), facts.masks.get(node.id))
    gate = gate_of(execution, facts, spec)
    if gate.data is not None:
        prepared = _decided(spec, gate.data)
    problem, invalid, bound = prepared.problem, gate.refusal, None
    if spec.disabled or invalid:
        invalid = spec.disabled or invalid
    elif problem is None and spec.block_type is not BlockType.AGENT:
        try:
            bound = spec.bind(prepared.data)
        except ValueError as refused:
            invalid = str(refused)
    return Work(execution, facts, node, spec, prepared.data, problem, invalid, bound, gate, prepared.guesses)


def _decided(spec: BlockSpec, data: Mapping[str, Any]) -> Prepared:
    """A person has made the input what it is; constants and what arrived are in it already."""
    try:
        converted = spec.convert(data)
    except ConversionError as wrong:
        return Prepared(dict(data), str(wrong))
    return Prepared(converted, spec.problem(converted))
