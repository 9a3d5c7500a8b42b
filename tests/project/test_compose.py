"""The compose file cannot be started here; what can be known without Docker is checked: its shape and every command."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from config import env
from tests.project.documents import ROOT, tables

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if service["image"] == "petiole")


def test_every_part_of_the_product_has_a_service() -> None:
    assert OURS == ["beat", "migrate", "web", "worker-cpu", "worker-engine", "worker-io"]
    assert set(SERVICES) - set(OURS) == {"postgres", "valkey", "prometheus", "grafana"}


@pytest.mark.parametrize("name", OURS)
def test_the_command_of_a_service_is_one_that_exists(name: str) -> None:
    program, *words = SERVICES[name]["command"]
    ended = subprocess.run(
        [str(Path(sys.executable).with_name(program)), *words, "--help"],
        cwd=ROOT,
        env=os.environ | {"PETIOLE_STATE": str(settings.STATE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "usage:" in ended.stdout.lower()


def test_every_queue_has_exactly_one_kind_of_worker() -> None:
    commands = [SERVICES[name]["command"] for name in OURS if name.startswith("worker")]
    served = [queue for command in commands for queue in command[command.index("-Q") + 1].split(",")]
    assert sorted(served) == sorted(queue.name for queue in settings.CELERY_TASK_QUEUES)


@pytest.mark.parametrize("name", OURS)
def test_services_set_variables_that_exist(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= set(env.KNOWN)


def test_secrets_have_no_default() -> None:
    text = (ROOT / "compose.yaml").read_text()
    for secret in ("PETIOLE_SECRET_KEY", "PETIOLE_ENCRYPTION_KEYS", "POSTGRES_PASSWORD", "PETIOLE_HOSTS"):
        assert set(re.findall(rf"\$\{{{secret}(:\?|:-|}})", text)) == {":?"}


def test_files_that_are_mounted_exist() -> None:
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", []) if mount.startswith("./")]
    assert mounts
    assert [mount for mount in mounts if not (ROOT / mount.split(":")[0]).exists()] == []


def test_named_volumes_and_dependencies_are_declared() -> None:
    used = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert {name for name in used if not name.startswith("./")} == set(COMPOSE["volumes"])
    assert {needed for service in SERVICES.values() for needed in service.get("depends_on", {})} <= set(SERVICES)


def test_the_image_holds_every_package_of_the_product() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert copied == {"blocks", "executions", "graphs", "platform", "scheduling"}
    admitted = (ROOT / ".dockerignore").read_text()
    assert [name for name in copied if f"!{name}\n" not in admitted] == []


def test_the_dashboard_shows_metrics_that_exist() -> None:
    board = json.loads((ROOT / "deploy/grafana/dashboards/petiole.json").read_text())
    asked = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"petiole_\w+", target["expr"])
    }
    assert {re.sub("_(count|bucket|sum)$", "", name) for name in asked} <= set(tables("metrics.md"))


def test_prometheus_asks_the_web_server_and_every_worker() -> None:
    web, workers = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text())["scrape_configs"]
    assert web["static_configs"][0]["targets"] == ["web:8000"]
    [found] = workers["dns_sd_configs"]
    assert sorted(found["names"]) == [name for name in OURS if name.startswith("worker")]
    for name in found["names"]:
        assert SERVICES[name]["environment"]["PETIOLE_METRICS_PORT"] == str(found["port"])
        assert SERVICES[name]["environment"]["PETIOLE_METRICS_HOST"] == "0.0.0.0"
