"""Which fault comes when: decided by the seed alone, before anything is started."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# Kind of fault → how often it comes, compared with the others. Where a process has to start again, some seconds pass in
# which nothing else can be learned about it: those come less often.
ANYWHERE: Final[Mapping[str, float]] = {
    "pool process killed": 12,
    "worker-cpu killed": 1,
    "worker-io killed": 1,
    "worker told to end": 1,
    "worker hung": 2,
    "beat killed": 0.7,
    "web killed": 1,
    "broker killed, data kept": 1.5,
    "broker killed, data lost": 0.8,
    "broker emptied": 1.5,
    "messages doubled": 13,
    "messages late": 10,
    "messages shuffled": 12,
    "messages lost": 5,
    "running nodes sent again": 12,
    "revoke lists filled": 3,
    "everything killed at once": 0.2,
}
OF_PROFILE: Final[Mapping[str, Mapping[str, float]]] = {
    "embedded": {"database locked": 7},
    "production": {"database connections ended": 7},
}
CHOICES: Final = 4


@dataclass(frozen=True)
class Fault:
    """`at`: seconds from the beginning. `kinds`: the later ones in case there is nothing that the first could hit.
    `seed`: what is chosen by chance when it happens."""

    at: float
    kinds: tuple[str, ...]
    seed: int


def weights(profile: str) -> dict[str, float]:
    return {**ANYWHERE, **OF_PROFILE[profile]}


def planned(*, seed: int, seconds: float, pause: float, profile: str) -> list[Fault]:
    """Faults at random moments, `pause` seconds apart on the average; the same for the same arguments."""
    chance = random.Random(f"faults {seed} {profile}")
    kinds = weights(profile)
    plan: list[Fault] = []
    at = chance.expovariate(1 / pause)
    while at < seconds:
        chosen = chance.choices(list(kinds), list(kinds.values()), k=CHOICES)
        plan.append(Fault(at, tuple(dict.fromkeys(chosen)), chance.getrandbits(32)))
        at += chance.expovariate(1 / pause)
    return plan
