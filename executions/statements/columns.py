"""Columns of a model as statements need them: names, order and conversions are asked of the model and of the database,
so a column that is added is carried here too, and both databases get the same."""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any, Final, Generic, TypeVar

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

from executions.statements.asking import changed_by, rows_of

Row = TypeVar("Row", bound=models.Model)
Convert = Callable[[Any, Any, Any], Any]


def quote(name: str | None) -> str:
    return connection.ops.quote_name(str(name))


# As every database takes them: nothing is converted.
_PLAIN: Final = frozenset({int, bool, float, type(None)})
# SQLite bounds the parameters of a statement, PostgreSQL's planner is slow with very many.
_MOST_PARAMETERS: Final = 900


class Columns(Generic[Row]):
    """All columns of a model, for one kind of database."""

    def __init__(self, model: type[Row]) -> None:
        self.model = model
        table = model._meta.db_table
        self.table = quote(table)
        self._fields = list(model._meta.concrete_fields)
        self._named = {field.attname: field for field in self._fields}
        # the database numbers the rows itself, in their order
        self.number = next((field.attname for field in self._fields if isinstance(field, models.AutoField)), None)
        self._written = [(field, field.attname) for field in self._fields if field.attname != self.number]
        self._attributes = [field.attname for field in self._fields]
        expressions = [field.get_col(table) for field in self._fields]
        found = [
            (at, expression, [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)])
            for at, expression in enumerate(expressions)
        ]
        self._conversions: list[tuple[int, Any, list[Convert]]] = [one for one in found if one[2]]
        self.names = ", ".join(quote(field.column) for field in self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def given(self, **values: Any) -> list[Any]:
        """Values as the database takes them, in the order in which they are named."""
        return [
            None if value is None else self._named[name].get_db_prep_value(value, connection)
            for name, value in values.items()
        ]

    def of(self, row: Row) -> list[Any]:
        """What is stored of a new row. A default of the database is said by us, so that the row knows it too."""
        values = []
        for field, name in self._written:
            value = row.__dict__[name]
            if isinstance(value, DatabaseDefault):
                value = value.expression.value  # type: ignore[attr-defined]  # not in the stubs
                setattr(row, name, value)
            values.append(value if type(value) in _PLAIN else field.get_db_prep_save(value, connection))
        return values

    def insertion(self, rows: int) -> str:
        names = ", ".join(quote(field.column) for field, _ in self._written)
        places = f"({', '.join(['%s'] * len(self._written))})"
        text = f"INSERT INTO {self.table} ({names}) VALUES {', '.join([places] * rows)}"
        return text if self.number is None else f"{text} RETURNING {quote(self.number)}"

    def read(self, values: Sequence[Any]) -> Row:
        """An instance from the values of a row, in the order of `names`."""
        read = list(values)
        for at, expression, converters in self._conversions:
            for convert in converters:
                read[at] = convert(read[at], expression, connection)
        return self.model.from_db(connection.alias, self._attributes, read)


@cache
def _columns(model: type[Row], vendor: str) -> Columns[Row]:
    return Columns(model)


def columns_of(model: type[Row]) -> Columns[Row]:
    return _columns(model, connection.vendor)


def insert_rows(rows: Sequence[models.Model]) -> None:
    """New rows of one model, complete and in this order. Needs a transaction."""
    if not rows:
        return
    columns = columns_of(type(rows[0]))
    most = max(1, _MOST_PARAMETERS // len(columns))
    for begin in range(0, len(rows), most):
        _insert(columns, rows[begin : begin + most])


def _insert(columns: Columns[Any], rows: Sequence[models.Model]) -> None:
    text = _insert_text(type(rows[0]), connection.vendor, len(rows))
    values, kept = [value for row in rows for value in columns.of(row)], len(rows) == 1
    if columns.number is None:
        changed_by(text, values, kept=kept)
    else:
        for row, (number,) in zip(rows, rows_of(text, values, kept=kept), strict=True):
            row.pk = number
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


@lru_cache(maxsize=256)
def _insert_text(model: type[models.Model], vendor: str, rows: int) -> str:
    return columns_of(model).insertion(rows)


def locked(text: str) -> str:
    """The rows that are read stay as they are until the transaction ends. SQLite has one writer anyway."""
    features = connection.features
    return f"{text} {connection.ops.for_update_sql(no_key=True)}" if features.has_select_for_update else text
