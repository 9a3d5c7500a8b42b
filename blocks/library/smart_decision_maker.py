"""Lets a language model decide which nodes to call."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from blocks.llm.client import Reply, Talk
from blocks.llm.conversation import answer, pending, with_answer
from blocks.llm.functions import calls_of, decision, functions_of, told
from blocks.llm.models import DEFAULT, ModelName, model, model_credentials
from blocks.llm.prompts import MARK, Message, is_opening, messages_of
from blocks.sdk import (
    APIKey,
    AsyncEmissions,
    Block,
    BlockInput,
    BlockOutput,
    BlockType,
    Calls,
    Case,
    Category,
    Context,
    CredentialsReference,
    Effect,
    Field,
    Workload,
)

SYSTEM = (
    "You work on the task by calling the functions that you are given. Call a function only with values that you know "
    "or that the task contains; never invent one. When the task is done, or no function helps, answer in plain words."
)
LAST_ROUND: Final = (
    "This is your last round. Do not begin anything new: answer in plain words now, with what you have found so far."
)


class SmartDecisionMakerBlock(Block):
    """Asks a language model, which calls the nodes that are linked from the pin `tools`, or answers."""

    id = "3b191d9f-356f-482d-8238-ba04b6d18381"
    block_type = BlockType.AI
    categories = (Category.AI,)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    late_pins = frozenset({"conversation_history", "last_tool_output"})
    cases = (
        Case({"prompt": "hi"}, raises="no node is linked from the pin tools"),
        Case({"prompt": "hi", "agent_mode_max_iterations": -2}, raises="agent_mode_max_iterations must be -1"),
    )

    class Input(BlockInput):
        prompt: str = Field(description="The task.")
        model: ModelName = Field(DEFAULT, advanced=False, description="The language model.")
        credentials: CredentialsReference | None = model_credentials()
        multiple_tool_calls: bool = Field(default=False, description="Whether it may call several nodes at once.")
        sys_prompt: str = Field(SYSTEM, description="What the model is told beforehand.")
        conversation_history: list[dict[str, Any]] | None = Field([], description="What was said: `conversations`.")
        last_tool_output: Any = Field(None, description="What the node that was called last has answered.")
        retry: int = Field(3, description="How often it is asked until its calls fit.")
        prompt_values: dict[str, str] = Field({}, advanced=False, description="Values for both prompts.")
        max_tokens: int | None = Field(None, description="The most tokens of the answer.")
        ollama_host: str = Field("localhost:11434", description="Where Ollama runs, for its models.")
        agent_mode_max_iterations: int = Field(
            0, description="Rounds in which it calls nodes and hears their answers; -1: any number, 0: links do that."
        )
        conversation_compaction: bool = Field(default=True, description="Shorten a conversation that is too long.")

    class Output(BlockOutput):
        tools: Any = Field(description="What the called nodes get.")
        finished: str = Field(description="The answer, when it calls no node.")
        conversations: list[Any] = Field(description="What was said so far.")

    @classmethod
    def awaits(cls, data: Mapping[str, Any]) -> Collection[str]:
        """The output of the called node while a call is pending, and the conversation that an output belongs to.

        A conversation of its own in which nobody has said anything new is nothing to go on with either."""
        said = data.get("conversation_history") or ()
        calls, output = pending(said), data.get("last_tool_output")
        if output is not None:
            return () if calls else ("conversation_history",)
        return ("last_tool_output",) if calls or any(map(is_opening, said)) else ()

    @classmethod
    def miswired(cls, links: Mapping[str, bool]) -> Mapping[str, str]:
        problems = {
            pin: f"Link {other} too: a conversation goes on with what the called nodes have answered"
            for other, pin in (
                ("conversation_history", "last_tool_output"),
                ("last_tool_output", "conversation_history"),
            )
            if pin in links and other not in links
        }
        if links.get("last_tool_output"):
            problems["last_tool_output"] = "A static link repeats its value: link the output of the called node itself"
        return problems

    async def run(self, data: Input, context: Context, *, credentials: APIKey | None) -> AsyncEmissions:
        if data.agent_mode_max_iterations < -1:
            raise ValueError(
                "agent_mode_max_iterations must be -1 (no limit), 0 (links lead round) or a number of rounds"
            )
        if not context.tools:
            raise ValueError("no node is linked from the pin tools: there is nothing to decide")
        talk = Talk(model(data.model), context, credentials, data.ollama_host, data.conversation_compaction)
        if context.state:
            said = _continued(context)
        else:
            yield "tool_functions", json.dumps(functions_of(context.tools))
            said = with_answer(data.conversation_history or (), data.last_tool_output)
            if pending(said):
                yield "conversations", said
                return
            said += _task(data, said)
        steps = self._rounds(data, talk, said) if data.agent_mode_max_iterations else self._once(data, talk, said)
        async for step in steps:
            yield step

    async def _once(self, data: Input, talk: Talk, said: list[Message]) -> AsyncEmissions:
        """The called nodes run where the links lead."""
        asked, reply = await _decision(talk, said, data)
        if not reply.calls:
            yield "finished", reply.text
            return
        for call in calls_of(reply, talk.context.tools):
            for pin, value in call.data.items():
                yield f"tools_^_{call.node_id}_~_{pin}", value
        yield "conversations", [*asked, reply.as_message()]

    async def _rounds(self, data: Input, talk: Talk, said: list[Message]) -> AsyncEmissions:
        """One round: the answers of the one before, and the next calls. The state carries the conversation."""
        done, most = talk.context.state.get("rounds", 0), data.agent_mode_max_iterations
        if done == most:
            yield "finished", f"No final answer within {most} rounds (agent_mode_max_iterations)."
            yield "conversations", said
            return
        if done:
            yield "conversations", said
        hint = [{"role": "system", "content": LAST_ROUND}] if done + 1 == most else []
        asked, reply = await _decision(talk, [*said, *hint], data)
        said = [*(message for message in asked if message not in hint), reply.as_message()]
        if reply.calls:
            yield Calls(calls_of(reply, talk.context.tools), {"conversation": said, "rounds": done + 1})
            return
        yield "finished", reply.text
        yield "conversations", said


def _continued(context: Context) -> list[Message]:
    """The conversation of the rounds before, with what the called nodes have answered."""
    said: list[Message] = context.state["conversation"]
    answers = zip(pending(said), context.answers, strict=True)
    return [*said, *(answer(call_id, told(one)) for call_id, one in answers)]


async def _decision(
    talk: Talk, asked: list[Message], data: SmartDecisionMakerBlock.Input
) -> tuple[list[Message], Reply]:
    return await decision(
        talk,
        asked,
        talk.context.tools,
        attempts=data.retry,
        max_tokens=data.max_tokens,
        parallel=data.multiple_tool_calls,
    )


def _task(data: SmartDecisionMakerBlock.Input, said: Sequence[Message]) -> list[Message]:
    """The task, once in each conversation."""
    if any(map(is_opening, said)):
        return []
    messages = messages_of(data.prompt, data.sys_prompt, data.prompt_values)
    return [message | {"content": MARK + message["content"]} for message in messages]
