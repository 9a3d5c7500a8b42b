"""Asks a database."""

import asyncio
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from blocks.sdk import (
    AsyncEmissions,
    Block,
    BlockInput,
    BlockOutput,
    Case,
    Category,
    Context,
    Credentials,
    CredentialsReference,
    Effect,
    Field,
    UserPassword,
    Workload,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

_KEY = {"credentials": UserPassword(username="u", password="p")}
_ASKED = {"host": "db.invalid", "database": "d"}
_PORTS = {"postgres": 5432, "mysql": 3306, "mssql": 1433}
_DIALECTS = {"postgres": "postgres", "mysql": "mysql", "mssql": "tsql"}
_DRIVERS = {"postgres": "postgresql+psycopg", "mysql": "mysql+pymysql", "mssql": "mssql+pymssql"}


class SQLQueryBlock(Block):
    """Sends one statement to a database and emits its rows. Only reads, unless it is told otherwise."""

    id = "4dc35c0f-4fd8-465e-9616-5a216f1ba2bc"
    categories = (Category.DATA,)
    workload = Workload.IO
    effect = Effect.AT_MOST_ONCE
    cases = (
        Case(_ASKED | {"query": "DELETE FROM t"}, raises="read_only", credentials=_KEY),
        Case(_ASKED | {"query": "SELECT 1; SELECT 2"}, raises="one statement", credentials=_KEY),
        Case(_ASKED | {"query": "SELEC 1 FORM"}, raises="cannot be read", credentials=_KEY),
        Case(_ASKED | {"query": "SELECT * INTO x FROM t"}, raises="read_only", credentials=_KEY),
        Case(
            _ASKED | {"query": "WITH x AS (DELETE FROM t RETURNING 1) SELECT 1"}, raises="read_only", credentials=_KEY
        ),
        Case(_ASKED | {"query": "SELECT pg_read_file('/etc/passwd')"}, raises="pg_read_file", credentials=_KEY),
    )

    class Input(BlockInput):
        database_type: Literal["postgres", "mysql", "mssql"] = Field(
            "postgres", advanced=False, description="Which kind of database it is."
        )
        host: str = Field(description="The server.", secret=True)
        port: int | None = Field(None, ge=1, le=65535, description="Its port, when it is not the usual one.")
        database: str = Field(description="The name of the database.")
        query: str = Field(description="One statement.")
        read_only: bool = Field(default=True, description="Refuse what could change anything.")
        timeout: int = Field(30, ge=1, le=120, description="The most seconds that it may take.")
        max_rows: int = Field(1000, ge=1, le=10_000, description="The most rows that are read.")
        credentials: CredentialsReference = Credentials(
            providers=["database"], types=["user_password"], description="Name and password at the database."
        )

    class Output(BlockOutput):
        results: list[dict[str, Any]] = Field(description="The rows.")
        columns: list[str] = Field(description="The names of the columns.")
        row_count: int = Field(description="How many rows there are in `results`.")
        affected_rows: int = Field(description="How many rows a change has touched.")

    async def run(self, data: Input, context: Context, *, credentials: UserPassword) -> AsyncEmissions:
        statement = check(data)
        columns, rows, affected = await asyncio.to_thread(_ask, data, statement, credentials)
        yield "results", rows
        yield "columns", columns
        yield "row_count", len(rows)
        if affected is not None:
            yield "affected_rows", affected


# Functions that read or change something outside of tables, or run a statement that is a text to us. The rights of the
# database's user are what really counts.
_FUNCTIONS = (
    "lo_", "dblink", "load_file", "xp_", "sys_", "setval", "nextval", "next_value_for", "set_config", "query_to_xml",
    "cursor_to_xml", "ts_stat", "ts_rewrite", "crosstab", "connectby", "xpath_table", "brin_", "gin_", "openrowset",
    "opendatasource", "openquery", "fn_xe_file", "fn_get_audit_file", "fn_trace_gettable", "fn_dblog", "fn_dump_dblog",
    "dm_os_enumerate", "dm_os_file", "sleep", "benchmark", "get_lock", "master_pos_wait", "source_pos_wait", "wait_",
)  # fmt: skip
# Of those that PostgreSQL itself has, files and the server's state included, these only tell of the database.
_PG_TELLS = re.compile(
    r"pg_(get_\w+|size_pretty|size_bytes|\w+_size|typeof|\w+_is_visible|encoding_to_char|client_encoding|backend_pid|"
    r"postmaster_start_time|is_in_recovery|timezone_\w+|jit_available|input_is_valid)"
)


def _only_tells(name: str) -> bool:
    """`name` in small letters. One that is written with escapes is not read here."""
    if name.startswith("pg_"):
        return _PG_TELLS.fullmatch(name) is not None
    return not name.startswith(_FUNCTIONS) and "\\" not in name


def check(data: SQLQueryBlock.Input) -> str:
    """The statement to send. Refuses what is more than one and, when only reading is allowed, what is no reading.

    Where the database itself does not hold a transaction to reading, it is given the statement as it was understood
    here: MySQL runs some comments, and SQL Server begins a statement where others read a name."""
    import sqlglot
    from sqlglot import exp

    try:
        statements = [part for part in sqlglot.parse(data.query, read=_DIALECTS[data.database_type]) if part]
    except (sqlglot.errors.SqlglotError, RecursionError) as wrong:
        raise ValueError(f"the statement cannot be read: {str(wrong)[:300]}") from None
    if len(statements) != 1:
        raise ValueError(f"give one statement, not {len(statements)}")
    if not data.read_only:
        return data.query
    (statement,) = statements
    changing = (exp.DML, exp.DDL, exp.Into, exp.Lock, exp.Command, exp.Alter, exp.Drop, exp.Set, exp.TruncateTable)
    changes = [node for node in statement.walk() if isinstance(node, changing) and not isinstance(node, exp.Query)]
    if changes or not isinstance(statement, exp.Query):
        what = type(changes[0] if changes else statement).__name__.upper()
        raise ValueError(f"the statement does more than reading ({what}): set read_only to false to allow it")
    for function in statement.find_all(exp.Func):
        name = (function.name if isinstance(function, exp.Anonymous) else function.sql_name()).lower()
        if not _only_tells(name):
            raise ValueError(f"the function {name} does more than reading tables: set read_only to false to allow it")
    if data.database_type == "postgres":
        return data.query
    return statement.sql(dialect=_DIALECTS[data.database_type], comments=False)


@contextmanager
def _connected(data: SQLQueryBlock.Input, credentials: UserPassword) -> "Iterator[Connection]":
    import sqlalchemy

    import outbound

    port = data.port or _PORTS[data.database_type]
    address = outbound.vetted(data.host, port, data.timeout)[0]
    url = sqlalchemy.URL.create(
        _DRIVERS[data.database_type],
        credentials.username,
        credentials.password.get_secret_value(),
        data.host,
        port,
        data.database,
    )
    arguments: dict[str, Any] = {"connect_timeout": min(data.timeout, 10)}
    if data.database_type == "postgres":
        # the name stays what TLS verifies; the connection goes to the address that was checked
        arguments |= {"hostaddr": address, "options": f"-c statement_timeout={data.timeout * 1000}"}
    else:
        url = url.set(host=address)
    try:
        engine = sqlalchemy.create_engine(url, connect_args=arguments, poolclass=sqlalchemy.NullPool)
    except ModuleNotFoundError as missing:
        raise ValueError(f"databases of this kind need the Python package {missing.name}, which is missing") from None
    with engine.connect() as connection:
        yield connection


def _ask(
    data: SQLQueryBlock.Input, statement: str, credentials: UserPassword
) -> tuple[list[str], list[dict[str, Any]], int | None]:
    import sqlalchemy

    try:
        with _connected(data, credentials) as connection:
            if data.read_only and data.database_type != "mssql":
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            # a cursor on the server: only what is read comes over, however much there is
            asking = connection.execution_options(stream_results=data.read_only)
            with asking.exec_driver_sql(statement.replace("%", "%%")) as result:
                if not result.returns_rows:
                    columns, rows, affected = [], [], max(result.rowcount, 0)
                else:
                    columns, affected = list(result.keys()), None
                    rows = [_row(columns, row) for row in result.fetchmany(data.max_rows)]
            if not data.read_only:
                connection.commit()
            return columns, rows, affected
    except sqlalchemy.exc.SQLAlchemyError as wrong:
        cause = str(getattr(wrong, "orig", None) or wrong).strip().replace("\n", " ")
        raise ValueError(f"the database refused: {cause[:500]}") from None


def _row(columns: list[str], values: Any) -> dict[str, Any]:
    return {name: _plain(value) for name, value in zip(columns, values, strict=True)}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        number = float(value)
        # a number that would lose digits stays a text
        return number if math.isfinite(number) and Decimal(str(number)) == value else str(value)
    return value.isoformat() if isinstance(value, date | time) else value
