"""Renders the templates of agents: Jinja in a sandbox without globals, with bounds on time and size."""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError, nodes, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, Macro, markup_join, str_join
from jinja2.sandbox import SandboxedEnvironment
from jinja2.visitor import NodeTransformer

from blocks.sdk import template_guards as guards
from blocks.sdk.errors import text_of
from blocks.sdk.values import to_json

MOST_TEMPLATE = 1_000_000
_REMOVED_FILTERS = ("pprint", "tojson", "urlize", "xmlattr")
# compiled templates are kept when they are short
_KEPT_LENGTH = 20_000


class BadTemplate(ValueError):
    """A template that cannot be rendered; the text says why."""


def render(template: str, values: Mapping[str, Any], *, escape_html: bool = False) -> str:
    """`template` with `values` put in. Raises BadTemplate for everything that can go wrong."""
    if len(template) > MOST_TEMPLATE:
        raise BadTemplate(f"the template is longer than {MOST_TEMPLATE} characters")
    token = guards.BUDGET.set(None)
    try:
        make = _kept if len(template) <= _KEPT_LENGTH else _compiled
        ready = make(template, escape_html)
        guards.BUDGET.set(guards.Budget())
        # the template may change its values, so it gets some of its own
        return _collected(ready, to_json(dict(values)))
    except TemplateError as wrong:
        raise BadTemplate(
            wrong.message if isinstance(wrong, TemplateSyntaxError) and wrong.message else str(wrong)
        ) from None
    except RecursionError:
        raise BadTemplate("the template is nested too deeply") from None
    except Exception as wrong:  # a template can make any operation of its values fail
        raise BadTemplate(text_of(wrong) or type(wrong).__name__) from None
    finally:
        guards.BUDGET.reset(token)


def _collected(ready: Template, values: dict[str, Any]) -> str:
    pieces, length = [], 0
    for piece in ready.generate(values):
        length += len(piece)
        guards.bounded(length)
        guards.spend()
        pieces.append(piece)
    return "".join(pieces)


def _compiled(template: str, escape_html: bool) -> Template:  # noqa: FBT001 - the key of the cache below
    return _environment(escape_html).from_string(template)


_kept = functools.lru_cache(maxsize=256)(_compiled)


@functools.cache
def _environment(escape_html: bool) -> SandboxedEnvironment:  # noqa: FBT001 - the key of the cache
    environment = _Environment(autoescape=escape_html, finalize=guards.printed)
    environment.globals.clear()
    for name in _REMOVED_FILTERS:
        del environment.filters[name]
    environment.filters["format"] = _printf
    for name in guards.SIZES.keys() & environment.filters.keys():
        environment.filters[name] = guards.guarded(name, environment.filters[name])
    environment.filters |= {"_steps": guards.steps, "_joined": _joined}
    return environment


class _Environment(SandboxedEnvironment):
    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template: nodes.Template = _Guarding().visit(super()._parse(source, name, filename))
        template.set_environment(self)
        return template

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        guards.calculate(operator, left, right)
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as in the base class
        guards.spend()
        owner, name = getattr(__obj, "__self__", None), getattr(__obj, "__name__", "")
        if isinstance(owner, (str, bytes, list)) and name in guards.SIZES:
            given = [list(each) if isinstance(each, Iterator) else each for each in args]
            guards.bounded(guards.weight(given))
            guards.bounded(guards.SIZES[name](*_method_arguments(owner, name, given), *kwargs.values()))
            args = tuple(given)
        result = super().call(__context, __obj, *args, **kwargs)
        if isinstance(__obj, Macro):
            guards.printed(result)
        return result

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return attr not in ("translate", "maketrans") and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None

        def checked(*args: Any, **kwargs: Any) -> str:
            guards.formatted(value.__self__, *args, kwargs)
            return wrapped(*args, **kwargs)

        return checked


def _method_arguments(owner: Any, name: str, arguments: list[Any]) -> list[Any]:
    # separator.join(items) is the filter's items|join(separator)
    return [*arguments[:1], owner] if name == "join" else [owner, *arguments]


class _Guarding(NodeTransformer):
    """Routes loops and concatenations through functions that count."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 - the visitor's convention
        self.generic_visit(node)
        static = sum(len(text.data) for text in node.find_all(nodes.TemplateData))
        node.iter = nodes.Filter(node.iter, "_steps", [nodes.Const(static)], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802 - the visitor's convention
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(parts, "_joined", [], [], None, None, lineno=node.lineno)


@pass_eval_context
def _joined(context: EvalContext, parts: list[Any]) -> str:
    guards.bounded(guards.weight(parts))
    guards.spend()
    return markup_join(parts) if context.autoescape else str_join(parts)


def _printf(value: Any, pattern: Any) -> str:
    """`{{ 3.14159|format('%.2f') }}`: the value through a printf pattern."""
    guards.formatted(str(pattern), value)
    return str(str(pattern) % value)
