"""What a run has done, in a few words: a sentence made from its rows for every run, and, where a language model is
configured (PETIOLE_SUMMARY_URL), its account of it with a score of how well the run did what its graph is for."""

from typing import TYPE_CHECKING, Any

from django.conf import settings

from executions.summaries.story import Story, Summary, story_of

if TYPE_CHECKING:
    from executions.models import GraphExecution

__all__ = ["Story", "Summary", "by_model", "lease", "story_of", "with_sentence", "written_by_model"]


def by_model() -> bool:
    return bool(settings.SUMMARY_URL)


def lease() -> float:
    """Seconds after which whoever waits for the model has given up."""
    return float(settings.SUMMARY_TIMEOUT) * 1.1 + 1


def with_sentence(run: "GraphExecution", status: str, stats: dict[str, Any]) -> dict[str, Any]:
    from executions.summaries.sentence import sentence

    return stats | {"activity_status": sentence(run, status, stats)}


def written_by_model(story: Story) -> Summary | None:
    """None when the model has not answered in time, or not as it was asked to."""
    from executions.summaries import model

    return model.summary(story)
