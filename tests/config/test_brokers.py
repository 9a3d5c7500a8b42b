"""In which order workers take messages (config.brokers)."""

from config.brokers import Turns, late, late_priority


def turns_of(*queues: str) -> Turns:
    turns = Turns()
    turns.update(queues)
    return turns


def test_what_is_late_comes_after_the_rest_but_each_fourth_time_first() -> None:
    turns = turns_of("io", "cpu")
    looked = [turns.consume(2) for _ in range(8)]
    usual, late_first = ["io", "cpu"], [late("io"), late("cpu"), "io", "cpu"]
    assert looked == [usual, usual, usual, late_first] * 2


def test_queues_take_turns() -> None:
    turns = turns_of("io", "cpu")
    turns.rotate("io")
    assert turns.consume(2) == ["cpu", "io"]


def test_what_is_late_in_redis_is_not_put_first_in_rabbitmq() -> None:
    urls = "redis://r/0", "redis+socket:///s", "amqp://r//", "amqps://r//"
    assert [late_priority(url) for url in urls] == [9, 9, 0, 0]
