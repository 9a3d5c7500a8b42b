"""Reads tags."""

from typing import Any
from xml.etree.ElementTree import Element, ParseError

from blocks.library.tag_markup import content_of, read
from blocks.sdk import Block, BlockInput, BlockOutput, Case, Context, Emissions, Field
from blocks.sdk.values import MAX_DEPTH, TOO_DEEP

MOST_BYTES = 10 * 1024 * 1024
BOMB = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


class XMLParserBlock(Block):
    """Turns text with tags, as language models write it, into nested objects; strict XML is an option."""

    id = "286380af-9529-4b55-8be0-1d7c854abdb5"
    cases = (
        Case({"input_xml": "<a><B>1</B><c d>x & y</c d></a>"}, [("parsed_xml", {"a": {"b": "1", "c_d": "x & y"}})]),
        Case({"input_xml": "<a><b>1</b><b>2</b></a>"}, [("parsed_xml", {"a": [{"b": "1"}, {"b": "2"}]})]),
        Case({"input_xml": "<a>pre<b>x</b>post</a>"}, [("parsed_xml", {"a": {"b": "x"}})]),
        Case({"input_xml": '<a x="1">t</a>'}, raises="does not close"),
        Case({"input_xml": "<a></a><b></b>"}, raises="one outermost tag"),
        Case({"input_xml": "text"}, raises="outside"),
        Case({"input_xml": "<a>" * 300 + "</a>" * 300}, raises="levels deep"),
        Case(
            {"input_xml": '<?xml version="1.0"?><a X="1">p<b/>&amp;<![CDATA[<]]></a>', "strict": True},
            [("parsed_xml", {"a": {"@X": "1", "b": "", "#text": "p&<"}})],
        ),
        Case({"input_xml": "<A>t</A>", "strict": True}, [("parsed_xml", {"A": "t"})]),
        Case({"input_xml": "<a>x & y</a>", "strict": True}, raises="no XML"),
        Case({"input_xml": BOMB, "strict": True}, raises="no XML"),
        Case({"input_xml": OUTSIDE, "strict": True}, raises="no XML"),
        Case({"input_xml": "<a>" * 300 + "</a>" * 300, "strict": True}, raises="levels deep"),
    )

    class Input(BlockInput):
        input_xml: str = Field(description="The text: one element with others inside.")
        strict: bool = Field(
            default=False,
            description="Read real XML: attributes as @name, text beside elements as #text, names as they are written.",
        )

    class Output(BlockOutput):
        parsed_xml: dict[str, Any] = Field(description="The element: its name, and under it what it holds.")

    def run(self, data: Input, context: Context) -> Emissions:
        if len(data.input_xml.encode("utf-8", "surrogatepass")) > MOST_BYTES:
            raise ValueError(f"the text is larger than {MOST_BYTES // 2**20} MB")
        yield "parsed_xml", _strictly(data.input_xml) if data.strict else read(data.input_xml)


def _strictly(text: str) -> dict[str, Any]:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as wrong:
        raise ValueError(f"the text is no XML that is read here: {wrong}") from None
    return {root.tag: _content(root, 1)}


def _content(element: Element, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError(TOO_DEEP)
    texts = [element.text, *(child.tail for child in element)]
    text = "".join(part.strip() for part in texts if part)
    attributes = [(f"@{name}", value) for name, value in element.attrib.items()]
    children = [*attributes, *((child.tag, _content(child, depth + 1)) for child in element)]
    return content_of([*children, ("#text", text)] if children and text else children, text)
