"""A pytest plugin, loaded before the settings are: a state folder of the tests' own, and secrets that are none."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

# Never the folder that the shell names: the test database takes the place of the real one in it.
STATE: Final = Path(tempfile.mkdtemp(prefix="petiole-tests-")).resolve()
atexit.register(shutil.rmtree, STATE, ignore_errors=True)
os.environ["PETIOLE_STATE"] = str(STATE)
_OWN_BLOCKS: Final = "conformance_blocks", "blocks_for_tests", "blocks_that_log", "crashes.blocks", "credentials.blocks"
os.environ.setdefault("PETIOLE_BLOCK_MODULES", ",".join(f"tests.{name}" for name in _OWN_BLOCKS))
# Worker processes read this file again when a test has written it.
os.environ["PETIOLE_INTEGRATIONS"] = str(STATE / "integrations.json")
(STATE / "integrations.json").write_text("{}")
# Worker processes of the tests read the same variables: charging is part of what they do.
os.environ["PETIOLE_CREDITS"] = "true"

if os.environ.get("DATABASE_URL"):
    os.environ.setdefault("PETIOLE_SECRET_KEY", "only-for-tests-and-known-to-everybody-who-reads-this")
    os.environ.setdefault("PETIOLE_ENCRYPTION_KEYS", "b25seS1mb3ItdGVzdHMtYW5kLWtub3duLXRvLWFsbC4=")
    os.environ.setdefault("PETIOLE_HOSTS", "testserver,localhost,127.0.0.1,[::1]")
    os.environ.setdefault("PETIOLE_HTTPS", "false")
