"""Starts the jail, waits for its answer, and ends it in any case."""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

JAIL = Path(__file__).with_name("jail.py")
MOST_ANSWER = 1024 * 1024
MEMORY = 256 * 1024 * 1024


async def run(code: str, inputs: Any, seconds: int) -> dict[str, Any]:
    """What the code left in `result` and printed. ValueError says what went wrong."""
    with tempfile.TemporaryDirectory(prefix="petiole-code-") as folder:
        os.chmod(folder, 0o555)
        order = {"code": code, "inputs": inputs, "memory": MEMORY, "seconds": seconds, "folder": folder}
        answer = await _answer(json.dumps(order).encode(), seconds)
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError):
        raise ValueError(f"the code ended without an answer: its limits are {seconds} s and 256 MB") from None
    if not isinstance(told, dict) or "jail" in told:
        why = told.get("jail") if isinstance(told, dict) else "it answered nonsense"
        raise ValueError(f"this machine cannot shut code in ({why}): it needs Linux with user namespaces")
    if "error" in told:
        raise ValueError(f"line {told.get('line')}: {told['error']}")
    return told


async def _answer(order: bytes, seconds: int) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-S",
        str(JAIL),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PYTHONHASHSEED": "0"},
        cwd="/",
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(seconds + 5):  # the start takes a moment
            process.stdin.write(order)
            process.stdin.close()
            answer = await process.stdout.read(MOST_ANSWER + 1)
            while piece := await process.stdout.read(MOST_ANSWER):
                answer += piece
                if len(answer) > MOST_ANSWER:
                    raise ValueError("result and what was printed are larger than 1 MB together")
            return answer
    except TimeoutError:
        raise ValueError(f"the code did not end within {seconds} s") from None
    finally:
        if process.returncode is None:
            process.terminate()  # it kills what it has shut in
        while await process.stdout.read(MOST_ANSWER):  # asyncio sees no end of a process whose output nobody reads
            continue
        await process.wait()
