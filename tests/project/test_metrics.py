import re

import pytest
from prometheus_client import REGISTRY

from config import metrics
from executions import metrics as engine
from tests.project.documents import tables

PAGE = tables("metrics.md")
OURS = "petiole", "execution_manager"


def counted(measure: engine.Measure) -> str:
    """The name with which a number is shown and asked for."""
    return measure.name if measure.buckets or measure.joined else f"{measure.name}_total"


@pytest.mark.django_db
def test_every_metric_is_documented_and_no_other() -> None:
    read = {metric.name for metric in REGISTRY.collect() if metric.name.startswith(OURS)}
    read -= {measure.name for measure in engine.MEASURES}
    read |= {made().name for made in (metrics.POOL, metrics.UTILIZATION)}
    shown = {name for name in PAGE if name.startswith(OURS)}
    assert shown == read | {counted(measure) for measure in engine.MEASURES}


def test_the_labels_of_a_metric_are_documented() -> None:
    for made in (metrics.RUNS, metrics.NODES, metrics.OLDEST, metrics.MESSAGES):
        family = made()
        assert re.findall(r"`(\w+)`", PAGE[family.name][0]) == list(family._labelnames)
    assert re.findall(r"`(\w+)`", PAGE["petiole_http_request_seconds"][0]) == list(metrics.REQUESTS._labelnames)
    for measure in engine.MEASURES:
        assert re.findall(r"`(\w+)`", PAGE[counted(measure)][0]) == [measure.label]


def test_the_values_of_a_label_are_documented() -> None:
    for measure in engine.MEASURES:
        meaning = PAGE[counted(measure)][1]
        assert [label for label in measure.known if label not in meaning] == []
