"""Keeps a number of runs going, started and some of them stopped or paused over HTTP, as users would."""

import logging
import random
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from django.db import DatabaseError, connection

from config.chaos.client import Answer, Client, NoAnswer
from config.chaos.graphs import Stored
from executions.models import GraphExecution

log = logging.getLogger(__name__)

LOOKS_EVERY: Final = 0.5
AT_ONCE: Final = 4
STOPPED_SHARE: Final = 0.05
PAUSED_SHARE: Final = 0.05
PAUSE: Final = 1.0
PATIENCE: Final = 180.0


@dataclass
class Ticket:
    """One start. Its number travels as an input, so that the run is found even when the answer is lost: an uncertain
    start is never repeated under the same number."""

    number: int
    stored: Stored
    inputs: Mapping[str, Any]
    run_id: str = ""
    refused: str = ""
    stop_acknowledged: float | None = None

    @property
    def variant(self) -> tuple[str, int]:
        return self.stored.kind.name, self.stored.kind.inputs.index(self.inputs)


@dataclass
class Load:
    client: Client
    stored: Mapping[str, Stored]
    seed: int
    runs: int
    tickets: list[Ticket] = field(default_factory=list)
    lost_answers: int = 0
    errors: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(f"load {self.seed}")
        self._ended = threading.Event()
        self._abandoned = False
        self._pool = ThreadPoolExecutor(AT_ONCE, "starts")
        self._orders = ThreadPoolExecutor(2 * AT_ONCE, "orders")
        self._pending: set[Future[None]] = set()
        self._thread = threading.Thread(target=self._keep_going, name="load", daemon=True)

    def one_of_each(self) -> list[Ticket]:
        """Every kind with each of its inputs; for the results that the others are compared with."""
        kinds = [each for each in self.stored.values() if each.kind.weight]
        return [Ticket(-1 - place, each, inputs) for each in kinds for place, inputs in enumerate(each.kind.inputs)]

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Nothing is started any more; what was paused goes on, and stops that are on their way are awaited."""
        self._ended.set()
        self._thread.join()
        self._pool.shutdown()
        self._orders.shutdown()

    def abandon(self) -> None:
        """The session is broken off: nothing is asked any more."""
        self._abandoned = True
        self._ended.set()
        for pool in (self._pool, self._orders):
            pool.shutdown(wait=False, cancel_futures=True)

    def start(self, ticket: Ticket) -> None:
        graph = ticket.stored
        try:
            answer = self.client.start(graph.graph_id, graph.version, {**ticket.inputs, "ticket": ticket.number})
        except NoAnswer as lost:
            self.lost_answers += 1
            log.info("start %d: %s", ticket.number, lost)
            self._ended.wait(PAUSE)  # the server has just died, and is being started again
            return
        if answer.status == HTTPStatus.OK:
            ticket.run_id = answer.body["id"]
        elif answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.errors += 1
        else:
            ticket.refused = f"{answer.status} {answer.body}"

    def _keep_going(self) -> None:
        while not self._ended.wait(LOOKS_EVERY):
            self._pending = {one for one in self._pending if not one.done()}
            missing = self.runs - self._alive() - len(self._pending)
            for _ in range(max(0, min(missing, 2 * AT_ONCE - len(self._pending)))):
                self._pending.add(self._pool.submit(self._start_next, self._next()))
        connection.close()

    def _alive(self) -> int:
        try:
            return GraphExecution.objects.roots().alive().count()
        except DatabaseError as wrong:
            log.info("the database is asked again: %s", wrong)
            connection.close()
            return self.runs

    def _next(self) -> Ticket:
        kinds = [each for each in self.stored.values() if each.kind.weight]
        (chosen,) = self._chance.choices(kinds, [each.kind.weight for each in kinds])
        ticket = Ticket(len(self.tickets), chosen, self._chance.choice(chosen.kind.inputs))
        self.tickets.append(ticket)
        return ticket

    def _start_next(self, ticket: Ticket) -> None:
        self.start(ticket)
        chance = random.Random(f"orders {self.seed} {ticket.number}")
        wait, lot = chance.uniform(0, 8), chance.random()
        if not ticket.run_id or self._ended.is_set():
            return
        if lot < STOPPED_SHARE:
            self._orders.submit(self._stop, ticket, wait)
        elif lot < STOPPED_SHARE + PAUSED_SHARE:
            self._orders.submit(self._pause, ticket, wait, chance.uniform(0.5, 5))

    def _stop(self, ticket: Ticket, wait: float) -> None:
        self._ended.wait(wait)
        answer = self._insist(ticket, "stop")
        if answer is not None and answer.status == HTTPStatus.OK and answer.body["status"] == "TERMINATED":
            ticket.stop_acknowledged = time.time()

    def _pause(self, ticket: Ticket, wait: float, seconds: float) -> None:
        self._ended.wait(wait)
        self._insist(ticket, "pause")
        self._ended.wait(seconds)
        self._insist(ticket, "resume")

    def _insist(self, ticket: Ticket, verb: str) -> Answer | None:
        """Ask until it is answered: each of these may be repeated. 409: the run has ended meanwhile."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and not self._abandoned:
            try:
                answer = self.client.order(ticket.stored.graph_id, ticket.run_id, verb)
            except NoAnswer:
                self.lost_answers += 1
            else:
                if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    if answer.status not in (HTTPStatus.OK, HTTPStatus.CONFLICT):
                        ticket.refused = f"{verb}: {answer.status} {answer.body}"
                    return answer
                self.errors += 1
            time.sleep(0.5)
        ticket.refused = f"{verb} was not answered"
        return None
