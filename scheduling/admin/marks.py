"""What became of fires, as colours, words and a row of bars."""

from collections.abc import Sequence
from typing import Final

from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from executions.states import Status
from scheduling.models import Fire, Schedule
from scheduling.states import State

BARS: Final = 16
COLOURS: Final = {
    State.FIRED: "#2563eb",
    State.SKIPPED: "#a16207",
    State.MISSED: "#a16207",
    State.FAILED: "#b91c1c",
    State.WAITING: "#6b7280",
    State.QUEUED: "#6b7280",
    State.PLANNED: "#cbd5e1",
}
OF_RUNS: Final = {Status.COMPLETED: "#15803d", Status.FAILED: "#b91c1c", Status.TERMINATED: "#a16207"}
LOW: Final = frozenset({State.SKIPPED, State.MISSED, State.PLANNED, State.WAITING, State.QUEUED})


def words(fire: Fire) -> str:
    """The state, and for a fire with a run what became of that."""
    if fire.state != State.FIRED:
        return State(fire.state).label.lower()
    if fire.run is None:
        return "fired"
    late = fire.late_seconds or 0
    return f"run {fire.run.status.lower()}" + (f", {late:.1f} s late" if late >= 1 else "")


def colour(fire: Fire) -> str:
    if fire.state == State.FIRED and fire.run is not None:
        return OF_RUNS.get(Status(fire.run.status), COLOURS[State.FIRED])
    return COLOURS[State(fire.state)]


def badge(fire: Fire) -> SafeString:
    return format_html(
        '<span style="display:inline-block;padding:1px 8px;border-radius:9px;color:{};background:{};font-size:.75rem;'
        'white-space:nowrap">{}</span>',
        "#1f2937" if fire.state == State.PLANNED else "#fff",
        colour(fire),
        words(fire),
    )


def sparkline(fires: Sequence[Fire]) -> SafeString:
    """Oldest first; what has not run is a low bar. Each says its time and what became of it when it is pointed at."""
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="4" height="{}" fill="{}"><title>{}</title></rect>',
        (
            (
                position * 6,
                12 if fire.state in LOW else 2,
                6 if fire.state in LOW else 16,
                colour(fire),
                f"{fire.logical_time:%Y-%m-%d %H:%M} UTC: {words(fire)}",
            )
            for position, fire in enumerate(fires)
        ),
    )
    label = f"the last {len(fires)} fires"
    return format_html('<svg width="{}" height="20" role="img" aria-label="{}">{}</svg>', BARS * 6, label, bars)


def recent(schedules: Sequence[Schedule]) -> dict[object, list[Fire]]:
    """The last fires of each whose time has come, oldest first; one query."""
    order = Window(RowNumber(), partition_by=F("schedule_id"), order_by=F("logical_time").desc())
    past = Fire.objects.filter(schedule__in=[one.pk for one in schedules]).exclude(state=State.PLANNED)
    found: dict[object, list[Fire]] = {one.pk: [] for one in schedules}
    for fire in past.annotate(place=order).filter(place__lte=BARS).select_related("run").order_by("logical_time"):
        found[fire.schedule_id].append(fire)
    return found
