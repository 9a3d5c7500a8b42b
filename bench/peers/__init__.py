"""Other engines on this machine, with BENCH_PEERS=1: each is installed into an environment that is thrown away, and
runs chains of steps that do nothing, written as its own first pages show. They are not measured in turns."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

LENGTHS: Final = ("1", "10", "100")
WITHIN: Final = 420.0


@dataclass(frozen=True)
class Peer:
    name: str
    requirement: str
    script: str


PEERS: Final = (
    Peer("DBOS", "dbos==3.4.0", "dbos_chain.py"),
    Peer("Prefect", "prefect>=3,<4", "prefect_chain.py"),
)


def asked() -> bool:
    return os.environ.get("BENCH_PEERS", "") not in {"", "0"}


def measure(say: Callable[[str], object]) -> list[dict[str, Any]]:
    """What could be installed and did run; of the others, why not."""
    return list(_measured(say))


def _measured(say: Callable[[str], object]) -> Iterator[dict[str, Any]]:
    for peer in PEERS:
        say(f"peer: {peer.name}")
        with TemporaryDirectory(prefix="petiole-peer-") as folder:
            try:
                yield {"name": peer.name, **_run(peer, Path(folder))}
            except (subprocess.SubprocessError, StopIteration, ValueError) as failed:
                output = getattr(failed, "stderr", None) or str(failed)
                yield {"name": peer.name, "failed": output.strip()[-500:]}


def _run(peer: Peer, folder: Path) -> dict[str, Any]:
    python = folder / "venv" / "bin" / "python"
    _call(folder, sys.executable, "-m", "venv", str(folder / "venv"))
    _call(folder, str(python), "-m", "pip", "-q", "--disable-pip-version-check", "install", peer.requirement)
    arguments = [f"sqlite:///{folder}/dbos.sqlite"] if peer.script.startswith("dbos") else []
    output = _call(folder, str(python), str(Path(__file__).parent / peer.script), *arguments, *LENGTHS)
    found: dict[str, Any] = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
    return found


def _call(folder: Path, *command: str) -> str:
    ours = "PETIOLE_", "DATABASE_", "DJANGO_"
    variables = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    variables |= {"PREFECT_HOME": str(folder), "PREFECT_LOGGING_LEVEL": "CRITICAL"}
    variables |= {"PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180"}
    done = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, timeout=WITHIN, check=True
    )
    return done.stdout


def table(found: list[dict[str, Any]]) -> str:
    heads = "".join(f"{head:>12}" for head in ("chain of 1", "of 10", "of 100", "CPU, of 100"))
    lines = [f"{'peers, each alone: ms per node':<36}{'version':<12}{heads}"]
    for one in found:
        if "failed" in one:
            lines.append(f"  {one['name']:<34}not measured: {one['failed'].splitlines()[-1]}")
            continue
        chains = one["chains"]
        times = [chains[length]["ms_per_node"] for length in LENGTHS] + [chains[LENGTHS[-1]]["cpu_ms_per_node"]]
        lines.append(f"  {one['name']:<34}{one['version']:<12}" + "".join(f"{each:>12.1f}" for each in times))
    return "\n".join(lines)
