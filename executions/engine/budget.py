"""How much a run may cost (`max_cost`), kept in one row of the topmost run: all runs of its tree spend from it.

A price is reserved in the transaction that claims the execution, by one statement that compares and adds: however many
ask at the same moment, no more is given out than there is. A run without a budget has no such row."""

from uuid import UUID

from django.db.models import F

from executions.crashpoints import crash_point
from executions.errors import OverBudget
from executions.facts import RunFacts, facts_of
from executions.models import RunBudget


def reserve(facts: RunFacts, price: int, block: str) -> None:
    """Before the balance is asked. Raises OverBudget; then nothing is reserved."""
    if facts.max_cost is None:
        return
    mine = RunBudget.objects.filter(run_id=facts.root_id)
    if not mine.filter(spent__lte=F("most") - price).update(spent=F("spent") + price):
        budget = mine.get()
        raise OverBudget(most=budget.most, spent=budget.spent, price=price, block=block)
    crash_point("budget.reserved")


def ask(facts: RunFacts, block: str) -> None:
    """What costs by the second or byte may begin while anything is left. Raises OverBudget."""
    if facts.max_cost is None:
        return
    budget = RunBudget.objects.get(run_id=facts.root_id)
    if budget.spent >= budget.most:
        raise OverBudget(most=budget.most, spent=budget.spent, price=None, block=block)


def add(facts: RunFacts, amount: int) -> None:
    """What was measured counts in full: nothing further begins when it has used the budget up."""
    if facts.max_cost is not None and amount:
        RunBudget.objects.filter(run_id=facts.root_id).update(spent=F("spent") + amount)
        crash_point("budget.added")


def give_back(run_id: UUID, amount: int) -> None:
    """The price of an execution whose block was never entered."""
    facts = facts_of(run_id)
    if facts.max_cost is not None and amount:
        RunBudget.objects.filter(run_id=facts.root_id).update(spent=F("spent") - amount)
        crash_point("budget.returned")
