"""A block whose class cannot be a block."""

from blocks.sdk import Block, BlockInput, BlockOutput, Context, Emissions


class Nameless(Block):
    """Lacks an id and a proper name."""

    class Input(BlockInput):
        pass

    class Output(BlockOutput):
        pass

    def run(self, data: Input, context: Context) -> Emissions:
        yield from ()
