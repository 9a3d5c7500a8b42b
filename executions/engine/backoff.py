"""How long a node waits before its next attempt."""

import random
from datetime import timedelta

from graphs.plan import RetryPolicy


def backoff(policy: RetryPolicy, failures: int) -> timedelta:
    """Exponential from the policy's first delay to its longest; with jitter, half of it is chance."""
    delay = min(policy.delay * policy.factor ** (failures - 1), policy.most)
    return timedelta(seconds=delay * random.uniform(0.5, 1.0) if policy.jitter else delay)
