"""What chaos has done and found, for the terminal, as Markdown or as JSON."""

import json
import platform
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from config.chaos.options import Options
from config.chaos.place import DIFFERENT
from config.chaos.verdict import Verdict

MEANING = (
    "Recovery: from the fault until every node execution that was hit has been taken over, claimed or ended,"
    " the part that was hit serves again, and an output has been stored after it."
)


@dataclass
class Report:
    profile: str
    options: Options
    seconds: float
    faults: Counter[str]
    without_target: int
    times: Mapping[str, list[float]]
    unseen: list[str]
    draining: float
    lost_answers: int
    errors: int
    verdict: Verdict
    place: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """Markdown that reads well on a terminal; the last line is the one that scripts look at."""
        verdict = self.verdict
        yield f"## Chaos, {self.profile} profile, seed {self.options.seed}"
        yield ""
        yield f"{self.seconds / 60:.1f} minutes, {self.options.runs} runs at a time; {self._machine()}."
        yield ""
        yield from self._totals(verdict)
        yield ""
        yield from self._faults()
        yield ""
        yield from self._runs(verdict)
        yield ""
        yield "Settings that differ from the defaults: " + "; ".join(
            f"`{name}={value}` ({why})" for name, (value, why) in DIFFERENT.items()
        )
        yield ""
        for one in verdict.violations:
            place = f"seed {self.options.seed}, run {one.about} ({one.kind})"
            yield f"- VIOLATION {place}: {one.difference} {one.rows}".rstrip()
        if verdict.violations:
            yield f"- The state folder and the logs are kept in {self.place}"
            yield ""
        yield f"violations: {len(verdict.violations)}"

    def _machine(self) -> str:
        named = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return f"{platform.system()} {platform.machine()}, {named}"

    def _totals(self, verdict: Verdict) -> Iterator[str]:
        yield f"- faults injected: {self.faults.total()} ({self.without_target} more found nothing to hit)"
        yield f"- runs checked: {verdict.checked.total()}, of which {verdict.stopped} were stopped meanwhile"
        yield f"- node executions in them: {verdict.nodes}"
        yield f"- at-most-once nodes that ended FAILED, as they may have been executed: {verdict.perhaps}"
        yield f"- requests without an answer: {self.lost_answers}; answers 5xx: {self.errors}"
        yield f"- from the last fault until everything had ended: {self.draining:.0f} s"

    def _faults(self) -> Iterator[str]:
        yield "| Fault | Times | Recovery, median s | Recovery, max s |"
        yield "|---|---|---|---|"
        for kind, number in sorted(self.faults.items()):
            times = self.times.get(kind, [])
            shown = f"{statistics.median(times):.1f} | {max(times):.1f}" if times else "- | -"
            yield f"| {kind} | {number} | {shown} |"
        every = [one for many in self.times.values() for one in many]
        if every:
            yield f"| all | {self.faults.total()} | {statistics.median(every):.1f} | {max(every):.1f} |"
        yield ""
        yield MEANING
        if self.unseen:
            yield f"No recovery was seen before the end of the session for: {'; '.join(self.unseen)}."

    def _runs(self, verdict: Verdict) -> Iterator[str]:
        yield "| Graph | Runs |"
        yield "|---|---|"
        for kind, number in sorted(verdict.checked.items()):
            yield f"| {kind} | {number} |"

    def as_json(self) -> dict[str, Any]:
        verdict = self.verdict
        return {
            "profile": self.profile,
            "seed": self.options.seed,
            "runs_at_a_time": self.options.runs,
            "seconds": self.seconds,
            "faults": dict(self.faults),
            "recovery_seconds": dict(self.times),
            "draining_seconds": self.draining,
            "runs": dict(verdict.checked),
            "runs_stopped": verdict.stopped,
            "node_executions": verdict.nodes,
            "perhaps_executed": verdict.perhaps,
            "requests_without_answer": self.lost_answers,
            "answers_5xx": self.errors,
            "settings": {name: value for name, (value, _) in DIFFERENT.items()},
            "versions": dict(self.versions),
            "violations": [asdict(one) for one in verdict.violations],
        }

    def write(self, file: Path) -> None:
        if file.suffix == ".json":
            file.write_text(json.dumps(self.as_json(), indent=1) + "\n")
        else:
            file.write_text("\n".join(self.lines()) + "\n")
