"""Templates render in a sandbox that they cannot leave, exhaust or block."""

import time
from typing import Any

import pytest

from blocks.sdk.template_guards import MOST_SECONDS
from blocks.sdk.templates import BadTemplate, render

DOUBLE_40 = 40


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("{{ a ~ '<' ~ 1 }}", {"a": "x"}, "x<1"),
        (
            "{% for k, v in a.items() %}{{ loop.index }}/{{ loop.length }}{{ k }}{{ v }};{% endfor %}",
            {"a": {"b": 1}},
            "1/1b1;",
        ),
        (
            "{% for x in a recursive %}{{ x.n }}{{ loop(x.c) }}{% endfor %}",
            {"a": [{"n": 1, "c": [{"n": 2, "c": []}]}]},
            "12",
        ),
        ("{{ a|join(', ') }} {{ ', '.join(a) }} {{ a|map('upper')|join }}", {"a": ["x", "y"]}, "x, y x, y XY"),
        ("{{ a|indent(width=2) }}{{ 'b'|center(width=3) }}", {"a": "x\ny"}, "x\n  y b "),
        ("{{ a|wordwrap(wrapstring='|', width=2) }}", {"a": "aa bb"}, "aa|bb"),
        ("{{ 'ab' * 2 }}{{ 2 ** 10 }}{{ [1] + [2] }}{{ 'x%sy' % 3 }}", {}, "abab1024[1, 2]x3y"),
        ("{{ '{} {x}'.format(1, x=2) }}", {}, "1 2"),
        ("{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f(1) }}{{ f(2) }}", {}, "<1><2>"),
        ("{% set l = [] %}{% for i in a %}{% set _ = l.append(i * 2) %}{% endfor %}{{ l }}", {"a": [1, 2]}, "[2, 4]"),
        ("{{ missing }}{{ a.b }}", {"a": {}}, ""),
    ],
)
def test_ordinary_templates_render(template: str, values: dict[str, Any], expected: str) -> None:
    assert render(template, values) == expected


def test_values_are_escaped_on_request() -> None:
    assert render("{{ a }}{{ a ~ 'b' }}<i>", {"a": "<"}, escape_html=True) == "&lt;&lt;b<i>"


def test_a_template_cannot_change_the_values_of_others() -> None:
    values = {"a": [1]}
    render("{% set _ = a.append(2) %}", values)
    assert values == {"a": [1]}


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{% bad", "Encountered unknown tag 'bad'."),
        ("{{ a|tojson }}", "No filter named 'tojson'"),
        ("{{ range(3) }}", "'range' is undefined"),
        ("{{ a.b.c }}", "has no attribute 'b'"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{% include 'x' %}", "no loader"),
        ("{{ a.__class__.__mro__ }}", "unsafe"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "nested too deeply"),
        ("{% for x in 'ab' %}" * 30 + "{% endfor %}" * 30, "too many statically nested"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "nested too deeply"),
        ("x" * 1_000_001, "longer than"),
    ],
)
def test_a_template_that_cannot_be_rendered_says_why(template: str, problem: str) -> None:
    with pytest.raises(BadTemplate, match=problem):
        render(template, {"a": {}})


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'a' * 10 ** 9 }}",
        "{{ [1] * 100000000 }}",
        "{{ 9 ** (9 ** 9) }}",
        "{{ 'x'|center(1000000000) }}",
        "{{ 'x'.center(1000000000) }}",
        "{{ 'x'.encode() * 1000000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (1000000000, 1) }}",
        "{{ 1|format('%1000000000d') }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ '{:{w}}'.format(1, w=1000000000) }}",
        "{{ [1]|batch(1000000000, 0)|list }}",
        "{{ [1]|slice(1000000000)|list }}",
        "{{ ('a\n' * 1000)|indent(1000000) }}",
        "{% set a = 'x' * 4000 %}{{ a|replace('x', a) }}",
        "{% set a = 'x' * 4000 %}{{ a.replace('x', a) }}",
        "{% set a = 'x' * 4000 %}{{ a|join(a) }}",
        "{% set a = 'x' * 4000 %}{{ a.join(a) }}",
        "{% set a = ['x' * 1000000] * 1000 %}{{ a }}",
        "{% set a = ['x' * 1000000] * 1000 %}{{ a|string }}",
        "{% set a = ['x' * 1000000] * 1000 %}{{ '%s' % a }}",
        "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a ~ a %}" * DOUBLE_40 + "{{ a }}",
        "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a + a %}" * DOUBLE_40 + "{{ a }}",
        "{% set a = 'xxxxxxxxxx' %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * DOUBLE_40 + "{{ a }}",
        "{% set a = [1] %}" + "{% set _ = a.extend(a) %}" * DOUBLE_40 + "{{ a|length }}",
        "{% set a = 3 %}" + "{% set a = a * a %}" * DOUBLE_40 + "{{ a }}",
        "{% macro f(n) %}{% if n %}{{ f(n-1) }}x{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    ],
    ids=lambda template: template[:40],
)
def test_a_template_cannot_grow_without_bounds(template: str) -> None:
    with pytest.raises(BadTemplate, match=r"larger than|more than|too large|too many digits|longer than"):
        render(template, {})


def test_a_template_cannot_run_for_ever() -> None:
    loop = "{% for x in a %}"
    begun = time.monotonic()
    with pytest.raises(BadTemplate, match="takes longer than 5 seconds"):
        render(loop * 4 + "{% endfor %}" * 4, {"a": list(range(10_000))})
    assert time.monotonic() - begun < MOST_SECONDS + 5


def test_a_long_table_renders() -> None:
    template = "{% for x in a %}{{ loop.index }}/{{ a|length }} {% endfor %}"
    assert render(template, {"a": list(range(10_000))}).endswith("10000/10000 ")
