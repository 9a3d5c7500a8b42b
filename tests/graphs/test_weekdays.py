import pytest

from graphs.weekdays import named, translate


@pytest.mark.parametrize(
    ("cron", "expected", "notes"),
    [
        ("0 9 * * 0", "0 9 * * mon", 1),
        ("0 9 * * 6", "0 9 * * sun", 1),
        ("0 9 * * 0-4", "0 9 * * mon-fri", 1),
        ("0 9 * * 5,6", "0 9 * * sat,sun", 1),
        ("0 9 * * */2", "0 9 * * mon,wed,fri,sun", 1),
        ("0 9 * * 0-4/2", "0 9 * * mon,wed,fri", 1),
        ("0 9 1 * 0", "0 9 1 * mon", 2),
        ("0 9 1 * mon", "0 9 1 * mon", 1),
        ("0 9 * * mon-fri", "0 9 * * mon-fri", 0),
        ("0 9 * * *", "0 9 * * *", 0),
        ("0 9 * * 7", "0 9 * * 7", 0),
        ("whenever", "whenever", 0),
    ],
)
def test_numbers_of_weekdays_become_names(cron: str, expected: str, notes: int) -> None:
    translated = translate(cron)
    assert (translated.text, len(translated.notes)) == (expected, notes)
    assert translate(translated.text).text == translated.text


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 9 * * 1", "0 9 * * mon"),
        ("0 9 * * 0,7", "0 9 * * sun"),
        ("0 9 * * 1-5", "0 9 * * mon,tue,wed,thu,fri"),
        ("0 9 * * */2", "0 9 * * sun,tue,thu,sat"),
        ("0 9 * * 5/2", "0 9 * * fri,sun"),
        ("0 9 1 * mon-fri", "0 9 1 * mon-fri"),
        ("0 9 * * *", "0 9 * * *"),
        ("whenever", "whenever"),
    ],
)
def test_a_unix_text_is_written_so_that_no_number_can_be_read_wrongly(cron: str, expected: str) -> None:
    assert named(cron) == expected
    assert translate(expected).text == expected
