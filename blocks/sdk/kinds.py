"""The words that describe a block: its type, categories, kind of work and kind of effect."""

from enum import StrEnum


class BlockType(StrEnum):
    """What the engine does with a node of the block. The label is what API and forms show."""

    STANDARD = "STANDARD"
    INPUT = "INPUT"
    OUTPUT = "OUTPUT"
    NOTE = "NOTE"
    WEBHOOK = "WEBHOOK"
    WEBHOOK_MANUAL = "WEBHOOK_MANUAL"
    AGENT = "AGENT"
    AI = "AI"
    AYRSHARE = "AYRSHARE"
    HUMAN_IN_THE_LOOP = "HUMAN_IN_THE_LOOP"

    @property
    def label(self) -> str:
        return _LABELS.get(self, self.value.replace("_", " ").title())


_LABELS = {BlockType.AI: "AI", BlockType.WEBHOOK_MANUAL: "Webhook (manual)"}


class Category(StrEnum):
    AGENT = "AGENT"
    AI = "AI"
    BASIC = "BASIC"
    COMMUNICATION = "COMMUNICATION"
    CRM = "CRM"
    DATA = "DATA"
    DEVELOPER_TOOLS = "DEVELOPER_TOOLS"
    HARDWARE = "HARDWARE"
    INPUT = "INPUT"
    ISSUE_TRACKING = "ISSUE_TRACKING"
    LOGIC = "LOGIC"
    MARKETING = "MARKETING"
    MULTIMEDIA = "MULTIMEDIA"
    OUTPUT = "OUTPUT"
    PRODUCTIVITY = "PRODUCTIVITY"
    SAFETY = "SAFETY"
    SEARCH = "SEARCH"
    SOCIAL = "SOCIAL"
    TEXT = "TEXT"

    @property
    def description(self) -> str:
        return f"Blocks for {self.value.replace('_', ' ').lower()}."


class Workload(StrEnum):
    """Which workers run the block: `io` waits for others, `cpu` keeps a core busy."""

    IO = "io"
    CPU = "cpu"


class Effect(StrEnum):
    """What a second call with the same input would do to the world outside."""

    PURE = "pure"
    IDEMPOTENT = "idempotent"
    AT_MOST_ONCE = "at_most_once"
