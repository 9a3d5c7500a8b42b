"""Cron in time zones against an oracle that looks at every minute."""

import random
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from scheduling.cron import CronInvalid, parse
from tests.scheduling.oracle import fires

ZONES = [
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Havana",
    "America/Asuncion",
    "Europe/London",
    "Europe/Vienna",
    "Europe/Lisbon",
    "Europe/Istanbul",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Tehran",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Pacific/Auckland",
    "Pacific/Apia",
]
NEW_YORK = ZoneInfo("America/New_York")


def moves(zone: ZoneInfo, year: int) -> list[datetime]:
    """The hours in which the zone changes its clocks in that year."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=number) for number in range(366 * 24)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [hours[n] for n in range(len(hours) - 1) if offsets[n] != offsets[n + 1]]


def field(least: int, most: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    number = st.integers(least, most).map(str)
    span = st.tuples(st.integers(least, most), st.integers(least, most)).map(lambda two: f"{min(two)}-{max(two)}")
    step = st.integers(1, most).map(str)
    part = st.one_of(
        number, span, st.tuples(span, step).map("/".join), st.tuples(st.just("*"), step).map("/".join), number
    )
    lists = st.lists(part, min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), lists, st.sampled_from(names) if names else lists)


CRONS = st.tuples(
    field(0, 59), field(0, 23), field(1, 31), field(1, 12, ("jan", "MAR", "oct-dec")), field(0, 7, ("sun", "mon-fri"))
).map(" ".join)


def planned(cron: str, zone: ZoneInfo, first: datetime, last: datetime) -> list[datetime]:
    found = []
    for one in parse(cron).after(first - timedelta(microseconds=1), zone):
        if one > last:
            break
        found.append(one)
    return found


def is_refused(cron: str) -> bool:
    """There is no such day; nothing else of what is tried here is refused."""
    try:
        parse(cron)
    except CronInvalid as refused:
        return "never comes" in str(refused)
    return False


@given(CRONS, st.sampled_from(ZONES), st.integers(0, 40 * 365 * 1440), st.integers(60, 3 * 1440))
@hypothesis(max_examples=40, deadline=None)
def test_it_fires_when_the_oracle_says(cron: str, name: str, minute: int, length: int) -> None:
    first = datetime(2005, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    last = first + timedelta(minutes=length)
    if is_refused(cron):
        return
    assert planned(cron, ZoneInfo(name), first, last) == fires(cron, ZoneInfo(name), first, last)


@pytest.mark.parametrize("name", ZONES)
def test_it_fires_when_the_oracle_says_around_every_change_of_the_clocks(name: str) -> None:
    """Of a random year; expressions that mean times in the hours around the change."""
    chance = random.Random()
    zone, year = ZoneInfo(name), chance.randint(2000, 2035)
    for move in moves(zone, year):
        wall = move.astimezone(zone)
        minute, hour = chance.randrange(60), (wall.hour + chance.choice([0, 1, 1, 2])) % 24
        for cron in (
            f"{minute} {hour} * * *",
            f"*/{chance.choice([7, 15, 30])} {hour} * * *",
            f"*/{chance.choice([10, 20, 30])} * * * *",
            f"{minute} * * * *",
            f"0 */{chance.choice([2, 3])} * * *",
            f"{minute} {hour} {wall.day} * {chance.randrange(8)}",
        ):
            first, last = move - timedelta(hours=5), move + timedelta(hours=5)
            seen = fires(cron, zone, first, last)
            assert planned(cron, zone, first, last) == seen, (name, year, cron, move)


@pytest.mark.parametrize(
    ("cron", "since", "expected"),
    [
        ("30 2 * * *", "2027-03-13 12:00", ["03-14 03:00", "03-15 02:30"]),  # the gap: once, right after it
        ("30 1 * * *", "2027-11-06 12:00", ["11-07 01:30", "11-08 01:30"]),  # the overlap: once
        ("*/30 * * * *", "2027-11-07 04:59", ["11-07 01:00", "11-07 01:30", "11-07 01:00", "11-07 01:30"]),  # no hole
        ("0 9 1 * mon", "2027-03-23 00:00", ["03-29 09:00", "04-01 09:00"]),  # either of the two
        ("0 9 * * 7", "2027-03-15 00:00", ["03-21 09:00"]),
        ("0 9 * * 0", "2027-03-15 00:00", ["03-21 09:00"]),
        ("0 9 * * sat-sun", "2027-03-15 00:00", ["03-20 09:00", "03-21 09:00"]),
        ("0 9 1 5-5/2 *", "2027-03-15 00:00", ["05-01 09:00"]),  # a step stays in its range
        ("0 9 1 may-5/2 *", "2027-03-15 00:00", ["05-01 09:00"]),
        ("0 9 * * sun-sun", "2027-03-15 00:00", ["03-21 09:00", "03-28 09:00"]),
        ("0 9-9/2 * * sun-0/3", "2027-03-15 00:00", ["03-21 09:00", "03-28 09:00"]),
    ],
)
def test_unix_semantics(cron: str, since: str, expected: list[str]) -> None:
    start = datetime.fromisoformat(since).replace(tzinfo=UTC)
    found = islice(parse(cron).after(start, NEW_YORK), len(expected))
    assert [f"{one.astimezone(NEW_YORK):%m-%d %H:%M}" for one in found] == expected


@pytest.mark.parametrize(
    ("cron", "complaint"),
    [
        ("0 9 * *", "has 4 fields"),
        ("0 9 * * * *", "has 6 fields"),
        ("61 9 * * *", "minute '61'"),
        ("0 24 * * *", "hour '24'"),
        ("0 9 L * *", "day of month 'L'"),
        ("0 9 * 13 *", "month '13'"),
        ("0 9 * * 8", "day of week '8'"),
        ("0 9 * * mon#1", "day of week 'mon#1'"),
        ("*/0 * * * *", "minute '*/0'"),
        ("5-1 * * * *", "minute '5-1'"),
        ("0 0 31 2 *", "never comes"),
        ("@daily", "has 1 fields"),
        ("\x00 * * * *", "minute"),
        ("\u0661 * * * *", "minute"),
        ("* " * 200, "longer"),
    ],
)
def test_a_bad_expression_is_refused_with_the_name_of_the_field(cron: str, complaint: str) -> None:
    with pytest.raises(CronInvalid, match=complaint.replace("*", r"\*")):
        parse(cron)


def test_expressions_that_mean_the_same_are_the_same() -> None:
    assert parse("0 9 * * 1-5").sets() == parse("0 9 * * mon-fri").sets() != parse("0 9 * * 1-6").sets()
    assert parse("0 0 * * 0").sets() == parse("0  0 * * 7").sets()
