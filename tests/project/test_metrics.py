import re

import pytest
from prometheus_client import REGISTRY

from config import metrics
from tests.project.documents import tables


@pytest.mark.django_db
def test_every_metric_is_documented_and_no_other() -> None:
    ours = {metric.name for metric in REGISTRY.collect() if metric.name.startswith("petiole")}
    assert set(tables("metrics.md")) == ours


def test_the_labels_of_a_metric_are_documented() -> None:
    page = tables("metrics.md")
    for made in (metrics.RUNS, metrics.NODES, metrics.OLDEST, metrics.MESSAGES):
        family = made()
        assert re.findall(r"`(\w+)`", page[family.name][0]) == list(family._labelnames)
    assert re.findall(r"`(\w+)`", page["petiole_http_request_seconds"][0]) == list(metrics.REQUESTS._labelnames)
