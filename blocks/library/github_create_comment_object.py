"""Prepares a review comment."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class GithubCreateCommentObjectBlock(Block):
    """Puts together a comment on a line of a pull request, for the block that sends the review."""

    id = "b7d5e4f2-8c3a-4e6b-9f1d-7a8b9c5e4d3f"
    categories = (Category.DEVELOPER_TOOLS,)
    cases = (
        Case(
            {"path": "a.py", "body": "b", "line": 3},
            [("comment_object", {"path": "a.py", "body": "b", "position": 3})],
        ),
        Case(
            {"path": "a.py", "body": "b", "position": 0, "line": 3, "side": "LEFT", "start_line": 1},
            [("comment_object", {"path": "a.py", "body": "b", "position": 0, "side": "LEFT", "start_line": 1})],
        ),
        Case({"path": "a.py", "body": "b"}, [("comment_object", {"path": "a.py", "body": "b"})]),
    )

    class Input(BlockInput):
        path: str = Field(description="The file, relative to the root of the repository.")
        body: str = Field(description="The text of the comment.")
        position: int | None = Field(None, description="The position in the diff.")
        line: int | None = Field(None, description="The line; used as the position when that is not given.")
        side: str | None = Field("RIGHT", description="The side of the diff: LEFT or RIGHT.")
        start_line: int | None = Field(None, description="The first line of a comment on several lines.")
        start_side: str | None = Field(None, description="The side of the first line.")

    class Output(BlockOutput):
        comment_object: dict[str, Any] = Field(description="The comment.")

    def run(self, data: Input, context: Context) -> Emissions:
        parts = {
            "position": data.line if data.position is None else data.position,
            "side": None if data.side == "RIGHT" else data.side,
            "start_line": data.start_line,
            "start_side": data.start_side,
        }
        given = {name: value for name, value in parts.items() if value is not None}
        yield "comment_object", {"path": data.path, "body": data.body, **given}
