from pathlib import Path

import pytest

from config import databases


def test_a_url_says_everything_about_a_postgresql_server() -> None:
    found = databases.postgresql("postgresql://ada%40home:p%3Aw@db:5433/runs?sslmode=require&application_name=mine")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == ("ada@home", "p:w", "db", "5433")
    assert found["NAME"] == "runs"
    told = {"connect_timeout": "10", "application_name": "mine", "sslmode": "require"}
    assert found["OPTIONS"].items() >= told.items()


def test_a_socket_folder_can_be_the_host() -> None:
    assert databases.postgresql("postgresql://ada@%2Fvar%2Frun%2Fpostgresql/runs")["HOST"] == "/var/run/postgresql"


@pytest.mark.parametrize("text", ["postgresql://host", "postgresql://host/", "runs.sqlite3"])
def test_a_url_without_a_database_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="postgresql://USER:PASSWORD@HOST:PORT/NAME"):
        databases.postgresql(text)


def test_connections_outlive_tasks_on_every_kind_of_process() -> None:
    server = databases.postgresql("postgresql://host/runs")
    alone = databases.kept_open(server, pool=0)
    assert (alone["CONN_MAX_AGE"], alone["CONN_HEALTH_CHECKS"]) == (None, True)
    pooled = databases.kept_open(server, pool=16)
    assert pooled["CONN_MAX_AGE"] == 0  # given back, not closed
    assert pooled["OPTIONS"]["pool"]["max_size"] == 16
    assert "pool" not in server["OPTIONS"]
    embedded = databases.kept_open(databases.sqlite(Path("/state")), pool=16)
    assert "pool" not in embedded["OPTIONS"]
    assert embedded["CONN_MAX_AGE"] is None
