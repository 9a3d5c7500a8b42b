"""What goes wrong, one function for each kind of fault. None: there was nothing to be hit, so nothing was injected."""

import heapq
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

import redis
from celery import current_app
from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError as BrokerError

from config.chaos import database
from config.chaos.messages import Messages, executions_in
from config.chaos.recovery import Harm, Standing, held_by, sent
from config.chaos.stack import WORKERS, Stack, send
from config.supervisor import traces

UNREACHABLE: Final = (redis.RedisError, BrokerError, OSError, DatabaseError)
REVOKES: Final = 500
HIT_AT_THE_START: Final = 0.1


@dataclass
class Scene:
    """What faults work on. `later`: what has to be done at a certain time, such as letting a hung process go on."""

    stack: Stack
    messages: Messages
    chance: random.Random = field(default_factory=random.Random)
    later: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self.later, (time.monotonic() + seconds, len(self.later) + self.chance.getrandbits(30), do))

    def catch_up(self, *, all_of_it: bool = False) -> None:
        """Do what is due."""
        while self.later and (all_of_it or self.later[0][0] <= time.monotonic()):
            _, _, do = heapq.heappop(self.later)
            try:
                do()
            except UNREACHABLE:
                connection.close()  # whom it concerned is gone; what was to be put back is lost


Injection = Callable[[Scene], Harm | None]
FAULTS: Final[dict[str, Injection]] = {}


def fault(name: str) -> Callable[[Injection], Injection]:
    def known(inject: Injection) -> Injection:
        FAULTS[name] = inject
        return inject

    return known


def inject(scene: Scene, name: str, seed: int) -> Harm | None:
    """None also when what was to be disturbed is down from an earlier fault."""
    scene.chance = random.Random(seed)
    try:
        harm = FAULTS[name](scene)
    except UNREACHABLE:
        connection.close()
        return None
    if harm is not None:
        harm.kind = name
    return harm


@fault("pool process killed")
def _pool_process_killed(scene: Scene) -> Harm | None:
    """Rather one that works."""
    pool = {pid: held_by(pid) for pid in scene.stack.pool()}
    chosen = [pid for pid, held in pool.items() if held] or list(pool)
    if not chosen:
        return None
    pid = scene.chance.choice(chosen)
    return Harm("", pool[pid]) if send(pid, signal.SIGKILL) else None


@fault("worker-cpu killed")
def _worker_cpu_killed(scene: Scene) -> Harm | None:
    return _signalled(scene, "worker-cpu", signal.SIGKILL)


@fault("worker-io killed")
def _worker_io_killed(scene: Scene) -> Harm | None:
    return _signalled(scene, "worker-io", signal.SIGKILL)


@fault("worker told to end")
def _worker_told_to_end(scene: Scene) -> Harm | None:
    return _signalled(scene, scene.chance.choice(WORKERS), signal.SIGTERM)


@fault("web killed")
def _web_killed(scene: Scene) -> Harm | None:
    return _signalled(scene, "web", signal.SIGKILL)


@fault("beat killed")
def _beat_killed(scene: Scene) -> Harm | None:
    return _signalled(scene, "beat", signal.SIGKILL)


def _signalled(scene: Scene, role: str, number: signal.Signals) -> Harm | None:
    """Mostly one that serves; what is only being started holds nothing that could be lost."""
    pid = scene.stack.pid(role)
    if pid is None or not (scene.stack.ready(role) or scene.chance.random() < HIT_AT_THE_START):
        return None
    held: dict[UUID, Standing] = {}
    if role in WORKERS:
        for each in (pid, *(scene.stack.pool() if role == "worker-cpu" else ())):
            held |= held_by(each)
    harm = Harm("", held, part=role)
    return harm if send(pid, number) else None


@fault("worker hung")
def _worker_hung(scene: Scene) -> Harm | None:
    """Mostly for a moment, sometimes for so long that others take it for dead: then it wakes up with old claims."""
    role = scene.chance.choice(WORKERS)
    pid = scene.stack.pid(role)
    identity = None if pid is None else traces.identity(pid)
    if pid is None or identity is None:
        return None
    whole = role == "worker-cpu" and scene.chance.random() < 0.5
    pids = [pid, *(scene.stack.pool() if whole else ())]
    seconds = scene.chance.uniform(14, 25) if scene.chance.random() < 0.3 else scene.chance.uniform(2, 6)
    harm = Harm("", {pk: one for each in pids for pk, one in held_by(each).items()}, part=role)

    def go_on() -> None:
        if traces.identity(pid) == identity:
            for each in pids:
                send(each, signal.SIGCONT)

    for each in pids:
        send(each, signal.SIGSTOP)
    scene.after(seconds, go_on)
    return harm


@fault("broker killed, data kept")
def _broker_killed(scene: Scene) -> Harm | None:
    return Harm("", part="broker") if scene.stack.kill_broker(wipe=False) else None


@fault("broker killed, data lost")
def _broker_lost(scene: Scene) -> Harm | None:
    return Harm("", part="broker") if scene.stack.kill_broker(wipe=True) else None


@fault("broker emptied")
def _broker_emptied(scene: Scene) -> Harm | None:
    scene.messages.empty()
    return Harm("", part="broker")


@fault("messages doubled")
def _messages_doubled(scene: Scene) -> Harm | None:
    queue = scene.messages.filled(scene.chance)
    return Harm("") if queue and scene.messages.double(queue, scene.chance) else None


@fault("messages shuffled")
def _messages_shuffled(scene: Scene) -> Harm | None:
    queue = scene.messages.filled(scene.chance)
    return Harm("") if queue and scene.messages.shuffle(queue, scene.chance) else None


@fault("messages late")
def _messages_late(scene: Scene) -> Harm | None:
    queue = scene.messages.filled(scene.chance)
    taken = scene.messages.take(queue, scene.chance) if queue else []
    if queue is None or not taken:
        return None
    chance = random.Random(scene.chance.getrandbits(32))
    scene.after(chance.uniform(2, 40), lambda: scene.messages.put(queue, taken, chance))
    return Harm("")


@fault("messages lost")
def _messages_lost(scene: Scene) -> Harm | None:
    queue = scene.messages.filled(scene.chance)
    taken = scene.messages.take(queue, scene.chance) if queue else []
    return Harm("", sent(executions_in(taken))) if taken else None


@fault("running nodes sent again")
def _running_sent_again(scene: Scene) -> Harm | None:
    return Harm("") if scene.messages.send_again(scene.chance) else None


@fault("revoke lists filled")
def _revokes_filled(scene: Scene) -> Harm | None:
    current_app.control.revoke([str(uuid4()) for _ in range(REVOKES)])
    return Harm("")


@fault("database locked")
def _database_locked(scene: Scene) -> Harm | None:
    let_go = database.locked(scene.stack.place.state)
    if let_go is None:
        return None
    scene.after(scene.chance.uniform(0.5, 2.5), let_go)
    return Harm("", part="web")


@fault("database connections ended")
def _connections_ended(scene: Scene) -> Harm | None:
    share = scene.chance.choice((0.2, 0.5, 1.0))
    return Harm("", part="web") if database.end_connections(share) else None


@fault("everything killed at once")
def _everything_killed(scene: Scene) -> Harm | None:
    """What is still disturbed ends before: nobody else would let go of the database while `up` starts."""
    scene.catch_up(all_of_it=True)
    scene.stack.kill_everything()
    harm = Harm("", part="web")
    scene.catch_up(all_of_it=True)  # nobody lets go of a lock while this thread waits for the start
    scene.stack.start()
    return harm
