"""Reads a page of metrics as Prometheus does."""

import socket
import urllib.request

from prometheus_client.parser import text_string_to_metric_families


class Page:
    def __init__(self, text: str) -> None:
        self.text = text
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self.samples = {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in self.families.values()
            for sample in family.samples
        }

    def __call__(self, name: str, *labels: str) -> float | None:
        """The value of a series, found by its name and the values of its labels."""
        return self.samples.get((name, *sorted(labels)))

    def counters(self) -> dict[tuple[str, ...], float]:
        """What must never become less."""
        endings = "_total", "_count", "_sum", "_bucket"
        return {
            key: value
            for key, value in self.samples.items()
            if key[0].startswith("petiole") and key[0].endswith(endings)
        }


def scraped(port: int) -> Page:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return Page(answer.read().decode())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
