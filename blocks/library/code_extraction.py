"""Takes code out of a text."""

import re
from collections.abc import Iterator

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field

# by output: the words behind the opening fence that mean the language, in the order in which outputs are emitted
LANGUAGES = {
    "html": ("html", "htm"),
    "css": ("css",),
    "javascript": ("javascript", "js"),
    "python": ("python", "py"),
    "sql": ("sql",),
    "java": ("java",),
    "cpp": ("cpp", "c++"),
    "csharp": ("csharp", "c#", "cs"),
    "json_code": ("json",),
    "bash": ("bash", "shell", "sh"),
    "php": ("php",),
    "ruby": ("ruby", "rb"),
    "yaml": ("yaml", "yml"),
    "markdown": ("markdown", "md"),
    "typescript": ("typescript", "ts"),
    "xml": ("xml",),
}
_BY_WORD = {word: output for output, words in LANGUAGES.items() for word in words}
# possessive, so that a fence without an end is given up at once
_FENCE = re.compile(r"```([^\s`]*+)\s++(.*?)```", re.DOTALL)
_BLANK_LINES = re.compile(r"\n\s*\n")


class CodeExtractionBlock(Block):
    """Takes the fenced code blocks out of a text, one output for each language."""

    id = "d3a7d896-3b78-4f44-8b4b-48fbf4f0bcd8"
    categories = (Category.TEXT,)
    cases = (
        Case(
            {"text": "A\n```python\nx = 1\n```\n\n\nB\n```py\ny\n```\n```html\n<p>\n```"},
            [("html", "<p>"), ("python", "x = 1\n\ny"), ("remaining_text", "A\n\nB")],
        ),
        Case({"text": "```\nplain\n```"}, [("remaining_text", "```\nplain\n```")]),
        Case({"text": "```json\n{}\n```"}, [("json_code", "{}")]),
        Case({"text": "```JS\na\n```"}, [("javascript", "a"), ("remaining_text", "```JS\na\n```")]),
        Case({"text": "```JS\na\n```", "remove_any_case": True}, [("javascript", "a")]),
        Case({"text": "```c++\na\n```"}, [("cpp", "a")]),
        Case({"text": "```py\nopen"}, [("remaining_text", "```py\nopen")]),
        Case({"text": ""}),
    )

    class Input(BlockInput):
        text: str = Field(description="The text.")
        remove_any_case: bool = Field(
            default=False, description="Take fences such as ```JS out of the remaining text, too."
        )

    class Output(BlockOutput):
        html: str = Field(description="HTML code.")
        css: str = Field(description="CSS code.")
        javascript: str = Field(description="JavaScript code.")
        python: str = Field(description="Python code.")
        sql: str = Field(description="SQL code.")
        java: str = Field(description="Java code.")
        cpp: str = Field(description="C++ code.")
        csharp: str = Field(description="C# code.")
        json_code: str = Field(description="JSON.")
        bash: str = Field(description="Shell code.")
        php: str = Field(description="PHP code.")
        ruby: str = Field(description="Ruby code.")
        yaml: str = Field(description="YAML.")
        markdown: str = Field(description="Markdown.")
        typescript: str = Field(description="TypeScript code.")
        xml: str = Field(description="XML.")
        remaining_text: str = Field(description="The text without the code that was found.")

    def run(self, data: Input, context: Context) -> Emissions:
        found: dict[str, list[str]] = {output: [] for output in LANGUAGES}
        for word, body in _fences(data.text):
            if word.lower() in _BY_WORD:
                found[_BY_WORD[word.lower()]].append(body)
        for output, bodies in found.items():
            code = "\n\n".join(bodies)
            if code:
                yield output, code
        remaining = _without_code(data.text, any_case=data.remove_any_case)
        if remaining:
            yield "remaining_text", remaining


def _fences(text: str) -> Iterator[tuple[str, str]]:
    for fence in _FENCE.finditer(text):
        yield fence[1], fence[2].strip()


def _without_code(text: str, *, any_case: bool) -> str:
    def replaced(fence: re.Match[str]) -> str:
        word = fence[1].lower() if any_case else fence[1]
        return "" if word in _BY_WORD else fence[0]

    return _BLANK_LINES.sub("\n\n", _FENCE.sub(replaced, text)).strip()
