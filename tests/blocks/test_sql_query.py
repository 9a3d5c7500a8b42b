"""The block that asks databases: against PostgreSQL where the tests have one, and its checks everywhere."""

import dataclasses
from typing import Any

import pytest
from django.conf import settings

import outbound
from blocks import registry
from blocks.library.sql_query import SQLQueryBlock, check
from blocks.sdk import Context, UserPassword
from blocks.sdk.cases import call

WRITES = [
    "INSERT INTO t VALUES (1)",
    "UPDATE t SET a = 1",
    "DELETE FROM t",
    "DROP TABLE t",
    "CREATE TABLE x (a int)",
    "ALTER TABLE t ADD b int",
    "TRUNCATE t",
    "GRANT ALL ON t TO x",
    "COPY t FROM '/etc/passwd'",
    "SELECT * INTO x FROM t",
    "SELECT 1 FOR UPDATE",
    "WITH x AS (UPDATE t SET a = 1 RETURNING a) SELECT * FROM x",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_catalog.pg_read_file('/etc/passwd')",
    "SELECT * FROM dblink('x', 'y') AS t(a int)",
    "SELECT nextval('s')",
    "SELECT pg_stat_file('/etc/passwd')",
    "SELECT * FROM pg_catalog.pg_stat_file('/etc/passwd')",
    "SELECT (SELECT pg_current_logfile())",
    "SELECT pg_file_write('a', 'b', true)",
    "SELECT pg_notify('a', 'b')",
    "SELECT U&\"pg\\005fread_file\"('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/x')",
    "SELECT dblink_exec('x', 'y')",
    "SELECT * FROM ts_stat('SELECT pg_read_file(1)')",
    "SET ROLE postgres",
    "CALL f()",
    "DO $$ BEGIN END $$",
    "BEGIN",
    "EXPLAIN ANALYZE DELETE FROM t",
    "VACUUM",
]


def asked(query: str, **more: Any) -> SQLQueryBlock.Input:
    reference = {"id": "1", "provider": "database", "type": "user_password"}
    return SQLQueryBlock.Input.model_validate(
        {"host": "h", "database": "d", "query": query, "credentials": reference} | more
    )


@pytest.mark.parametrize("query", WRITES)
def test_only_reading_is_allowed_by_itself(query: str) -> None:
    with pytest.raises(ValueError, match="read_only"):
        check(asked(query))


@pytest.mark.parametrize(
    "query", ["SELECT 1", "select a.b, count(*) from a group by 1 limit 5;", "WITH x AS (SELECT 1) SELECT * FROM x",
              "SELECT 1 UNION SELECT 2",
              "SELECT pg_size_pretty(pg_total_relation_size('t')), pg_get_viewdef('v')",
              "SELECT ';' AS x -- DROP TABLE t"],
)  # fmt: skip
def test_reading_is_allowed(query: str) -> None:
    check(asked(query))


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("mssql", "SELECT NEXT VALUE FOR dbo.s"),
        ("mssql", "SELECT NEXT VALUE FOR s OVER (ORDER BY a) FROM t"),
        ("mssql", "SELECT * FROM OPENQUERY(other, 'DELETE FROM t')"),
        ("mssql", "SELECT * FROM OPENROWSET(BULK 'c:\\x', SINGLE_CLOB) AS x"),
        ("mysql", "SELECT LOAD_FILE('/etc/passwd')"),
        ("mysql", "SELECT sys_exec('x')"),
        ("mysql", "SELECT NEXT VALUE FOR s"),
        ("mysql", "SELECT MASTER_POS_WAIT('a', 1)"),
    ],
)
def test_other_databases_too_are_only_read(kind: str, query: str) -> None:
    with pytest.raises(ValueError, match=r"read_only|cannot be read"):
        check(asked(query, database_type=kind))


@pytest.mark.parametrize(
    ("kind", "query", "sent"),
    [
        ("mssql", "SELECT 1 DELETE FROM t COMMIT", "SELECT 1 AS DELETE FROM t AS COMMIT"),
        ("mssql", "SELECT 1 SHUTDOWN", "SELECT 1 AS SHUTDOWN"),
        ("mysql", "SELECT 1 /*! INTO OUTFILE '/tmp/x' */", "SELECT 1"),
        ("mysql", "SELECT 'a\\'b', `c` FROM t WHERE d LIKE '%x' -- e", "SELECT 'a''b', `c` FROM t WHERE d LIKE '%x'"),
        ("postgres", "SELECT 1 -- a", "SELECT 1 -- a"),
    ],
)
def test_what_is_sent_is_what_was_checked(kind: str, query: str, sent: str) -> None:
    """Reserved words behind AS are an error in SQL Server; without it they would begin another statement."""
    assert check(asked(query, database_type=kind)) == sent
    assert check(asked(query, database_type=kind, read_only=False)) == query


def test_a_database_inside_the_network_has_to_be_allowed() -> None:
    spec = registry.get(SQLQueryBlock.id)
    assert spec is not None
    key = {"credentials": UserPassword(username="u", password="p")}
    with pytest.raises(ValueError, match="PETIOLE_OUTBOUND_ALLOW"):
        call(spec, {"host": "127.0.0.1", "database": "d", "query": "SELECT 1"}, Context(), key)


def ask(query: str, **more: Any) -> dict[str, Any]:
    spec = registry.get(SQLQueryBlock.id)
    assert spec is not None
    database = settings.DATABASES["default"]
    data = {
        "host": database["HOST"],
        "port": int(database["PORT"] or 5432),
        "database": database["NAME"],
        "query": query,
    }
    key = UserPassword(username=database["USER"], password=database.get("PASSWORD") or "none")
    with outbound.allowing(database["HOST"]):
        emitted = call(spec, data | {"query": query} | more, dataclasses.replace(Context()), {"credentials": key})
    assert [spec.output_problem(pin, value) for pin, value in emitted] == [None] * len(emitted)
    return dict(emitted)


if "postgresql" in settings.DATABASES["default"]["ENGINE"]:  # on the other profile there is no server to ask

    @pytest.mark.django_db
    def test_rows_are_read_up_to_their_limit() -> None:
        got = ask("SELECT n, n * 1.5 AS half, 'ü%' AS t FROM generate_series(1, 5) AS n", max_rows=2)
        assert got["results"] == [{"n": 1, "half": 1.5, "t": "ü%"}, {"n": 2, "half": 3.0, "t": "ü%"}]
        assert (got["columns"], got["row_count"]) == (["n", "half", "t"], 2)

    @pytest.mark.django_db
    def test_the_transaction_itself_refuses_to_write() -> None:
        """A function may write although the statement only seems to read."""
        ask(
            "CREATE OR REPLACE FUNCTION sly() RETURNS int LANGUAGE sql AS 'CREATE TABLE sly (); SELECT 1'",
            read_only=False,
        )
        with pytest.raises(ValueError, match="read-only transaction"):
            ask("SELECT sly()")

    @pytest.mark.django_db
    def test_changes_are_counted_when_they_are_allowed() -> None:
        ask("CREATE TABLE IF NOT EXISTS asked (a int)", read_only=False)
        assert ask("INSERT INTO asked SELECT generate_series(1, 3)", read_only=False)["affected_rows"] == 3
        ask("DROP TABLE asked", read_only=False)

    @pytest.mark.django_db
    def test_a_statement_ends_at_its_time_limit() -> None:
        with pytest.raises(ValueError, match="statement timeout"):
            ask("SELECT count(*) FROM generate_series(1, 1000000000)", timeout=1)

    @pytest.mark.django_db
    def test_what_the_database_says_is_told_without_the_password() -> None:
        with pytest.raises(ValueError, match='relation "nothing" does not exist') as failure:
            ask("SELECT * FROM nothing")
        assert "postgresql+psycopg" not in str(failure.value)
