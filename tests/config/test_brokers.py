"""In which order workers take messages (config.brokers)."""

from config.brokers import Turns, late


def test_what_is_late_comes_after_the_rest_but_each_fourth_time_first() -> None:
    turns = Turns(["io", "cpu"])
    looked = [turns.consume(2) for _ in range(8)]
    usual, late_first = ["io", "cpu"], [late("io"), late("cpu"), "io", "cpu"]
    assert looked == [usual, usual, usual, late_first] * 2


def test_queues_take_turns() -> None:
    turns = Turns(["io", "cpu"])
    turns.rotate("io")
    assert turns.consume(2) == ["cpu", "io"]
