"""A pytest plugin, loaded before the settings are: a state folder of the tests' own, and secrets that are none."""

import atexit
import os
import shutil
import tempfile

if "PETIOLE_STATE" not in os.environ:
    os.environ["PETIOLE_STATE"] = tempfile.mkdtemp(prefix="petiole-tests-")
    atexit.register(shutil.rmtree, os.environ["PETIOLE_STATE"], ignore_errors=True)

if os.environ.get("DATABASE_URL"):
    os.environ.setdefault("PETIOLE_SECRET_KEY", "only-for-tests-and-known-to-everybody-who-reads-this")
    os.environ.setdefault("PETIOLE_HOSTS", "testserver,localhost,127.0.0.1,[::1]")
    os.environ.setdefault("PETIOLE_HTTPS", "false")
