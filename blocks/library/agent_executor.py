"""A graph within a graph."""

from typing import Any

from blocks.sdk import BareOutput, Block, BlockInput, BlockType, Category, Context, Emissions, Field, Workload


class AgentExecutorBlock(Block):
    """Runs another graph; its pins are the inputs and outputs of that graph."""

    id = "e189baac-8c20-45a1-94a7-55177ea42565"
    categories = (Category.AGENT,)
    block_type = BlockType.AGENT
    workload = Workload.IO

    class Input(BlockInput):
        user_id: str = Field(description="Whose graph it is; the run always belongs to the user who started it.")
        graph_id: str = Field(description="The graph to run.")
        graph_version: int = Field(description="The version of the graph to run.")
        agent_name: str | None = Field(None, description="The name of the graph, for people.")
        inputs: dict[str, Any] = Field(description="Inputs that hold unless a link brings others.")
        input_schema: dict[str, Any] = Field(description="The inputs of the graph, as a JSON schema.")
        output_schema: dict[str, Any] = Field(description="The outputs of the graph, as a JSON schema.")
        nodes_input_masks: dict[str, dict[str, Any]] | None = Field(
            None, hidden=True, description="Values forced upon nodes of the graph, by node and pin."
        )

    class Output(BareOutput):
        pass

    def run(self, data: Input, context: Context) -> Emissions:
        """Never called: the engine starts a run of its own for the node and waits without a worker."""
        yield from ()
        raise NotImplementedError("the engine runs the graphs of AgentExecutorBlock")
