"""One session from beginning to end: start the stack, learn the results, disturb, wait, compare, report."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import celery
import django
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Max

import credits.services
from accounts import services as accounts
from config.chaos import processes, verdict
from config.chaos.client import Client
from config.chaos.faults import Scene, inject
from config.chaos.graphs import stored
from config.chaos.load import Load, Ticket
from config.chaos.messages import Messages
from config.chaos.options import Options
from config.chaos.place import Place
from config.chaos.plan import Fault, planned
from config.chaos.reading import Found, found
from config.chaos.recovery import Watch
from config.chaos.report import Report
from config.chaos.stack import Stack, StackFailed
from config.chaos.verdict import Verdict
from config.demonstration import finish_in_peace
from config.supervisor.output import say
from executions.models import GraphExecution, NodeOutput

REFERENCE_SECONDS: Final = 180.0
CREDITS: Final = 100_000_000
NOTICE_EVERY: Final = 15.0
TURN: Final = 0.05
LATE: Final = 1.0
STUCK_SECONDS: Final = 600.0
ENDED: Final = (0, 0)


@dataclass
class Session:
    place: Place
    options: Options
    stack: Stack
    load: Load
    watch: Watch
    faults: Counter[str] = field(default_factory=Counter)
    without_target: int = 0

    def learn(self) -> dict[tuple[str, int], Found]:
        """What each kind comes to when nothing disturbs it."""
        tickets = self.load.one_of_each()
        for ticket in tickets:
            self.load.start(ticket)
        versions = {each.version_id: each for each in self.load.stored.values()}
        known: dict[tuple[str, int], Found] = {}
        for ticket in tickets:
            run = self._ended(ticket)
            known[ticket.variant] = found(run, versions)
        if odd := [f"{name}: {one.odd}" for (name, _), one in known.items() if one.odd or one.status != "COMPLETED"]:
            raise StackFailed(f"The results are wrong although nothing was disturbed: {odd}")
        return known

    def _ended(self, ticket: Ticket) -> GraphExecution:
        deadline = time.monotonic() + REFERENCE_SECONDS
        while time.monotonic() < deadline and ticket.run_id:
            run = GraphExecution.objects.select_related("graph_version").get(pk=ticket.run_id)
            if run.is_final:
                return run
            time.sleep(0.1)
        raise StackFailed(f"The undisturbed run of {ticket.stored.kind.name} does not end: {ticket}")

    def disturb(self) -> float:
        """Inject what is planned; how long it took."""
        seconds = self.options.minutes * 60
        plan = planned(seed=self.options.seed, seconds=seconds, pause=self.options.pause, profile=self.place.profile)
        scene = Scene(self.stack, Messages(settings.REDIS_URL))
        begun = noticed = time.monotonic()
        behind = 0.0
        for fault in plan:
            while (now := time.monotonic()) < begun + behind + fault.at:
                scene.catch_up()
                time.sleep(TURN)
            if now > begun + seconds:
                break
            behind = max(behind, now - begun - fault.at - LATE)  # after a long fault there is no burst of others
            self._inject(scene, fault)
            if now > noticed + NOTICE_EVERY:
                noticed = now
                say(f"{now - begun:5.0f} s: {self.faults.total()} faults, {len(self.load.tickets)} runs started")
        scene.catch_up(all_of_it=True)
        return time.monotonic() - begun

    def _inject(self, scene: Scene, fault: Fault) -> None:
        """The first of the planned kinds that finds something to hit."""
        if not self.stack.alive():
            raise StackFailed("The supervisor of the stack has ended by itself.")
        for kind in fault.kinds:
            harm = inject(scene, kind, fault.seed)
            scene.catch_up()
            if harm is not None:
                self.faults[kind] += 1
                self.watch.add(harm)
                return
        self.without_target += 1

    def drain(self) -> float:
        """Nothing disturbs any more: everything has to come to its end by itself. What stands still for longer than
        the sweep's patience with a message that was lost many times will never end."""
        begun = moved = time.monotonic()
        before = None
        while (standing := _standing()) != ENDED and time.monotonic() < moved + STUCK_SECONDS:
            if standing != before:
                before, moved = standing, time.monotonic()
            time.sleep(0.5)
        return time.monotonic() - begun

    def judge(self, known: dict[tuple[str, int], Found], wait: Callable[[], None]) -> Verdict:
        found_out = verdict.of_runs(self.load.tickets, self.load.stored, known, self.place.folder / "violations")
        wait()
        for part, difference in (*verdict.of_installation(), *verdict.of_effects(self.place.state)):
            found_out.add(part, "-", [difference])
        return found_out


def _standing() -> tuple[int, int] | None:
    """How many runs have not ended, and what moves while they go on; None when the database cannot be asked."""
    try:
        alive = GraphExecution.objects.alive().count()
        return (alive, NodeOutput.objects.aggregate(last=Max("pk"))["last"] or 0) if alive else ENDED
    except DatabaseError:
        connection.close()
        return None


def run(place: Place, options: Options) -> int:
    """The exit status: 0 when every promise was kept."""
    stack = Stack(place)
    place.kept = options.keep
    say(f"Starting a stack of its own ({place.profile} profile) in {place.folder} ...")
    try:
        stack.start()
        report = _session(place, options, stack)
    except StackFailed as wrong:
        place.kept = True
        say(f"{wrong}\nThe state folder and the logs are kept in {place.folder}\nviolations: 1")
        return 1
    finally:
        finish_in_peace()
        stack.stop()
    if left := processes.of_folder(place.state):
        report.verdict.add("processes", "-", [f"still alive after the stop: {left}"])
    place.kept = place.kept or bool(report.verdict.violations)
    if options.report is not None:
        report.write(options.report)
    for line in report.lines():
        say(line)
    sys.stdout.flush()
    return 1 if report.verdict.violations else 0


def _session(place: Place, options: Options, stack: Stack) -> Report:
    user = accounts.create_user("chaos")
    credits.services.grant(user.pk, CREDITS, reason="for chaos")
    load = Load(Client(stack.address, accounts.create_token(user, "chaos")), stored(user), options.seed, options.runs)
    session = Session(place, options, stack, load, Watch(stack))
    say(f"Ready at {stack.address}. Running every kind of graph undisturbed ...")
    try:
        known = session.learn()
        say(f"{len(known)} results are known. Disturbing for {options.minutes:g} minutes ...")
        load.begin()
        session.watch.start()
        seconds = session.disturb()
        load.end()
    finally:
        load.abandon()
    say("No more faults. Waiting until everything has ended ...")
    draining = session.drain()
    session.watch.end()
    say(f"Ended after {draining:.0f} s. Comparing {len(load.tickets)} runs ...")
    judged = session.judge(known, lambda: time.sleep(2 * settings.SWEEP_SECONDS))
    return Report(
        profile=place.profile,
        options=options,
        seconds=seconds,
        faults=session.faults,
        without_target=session.without_target,
        times=session.watch.times,
        unseen=[str(harm) for harm in session.watch.open],
        draining=draining,
        lost_answers=load.lost_answers,
        errors=load.errors,
        verdict=judged,
        place=str(place.folder),
        versions={"Django": django.__version__, "Celery": celery.__version__, "database": connection.vendor},
    )
