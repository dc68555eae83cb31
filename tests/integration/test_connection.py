"""What a connection is like once there is one, and what a real server says when there is none."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgcache.connection import connect
from pgcache.errors import PgcacheError


def setting(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def test_a_connection_commits_each_statement_and_speaks_utf8(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    with connect(dsn) as connection:
        assert connection.autocommit
        assert setting(connection, "client_encoding") == "UTF8"
        assert setting(connection, "application_name") == "pgcache"


def test_a_connection_can_leave_the_commit_to_the_caller(dsn: str) -> None:
    with connect(dsn, autocommit=False) as connection:
        assert not connection.autocommit
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_the_dsn_may_name_the_application(dsn: str) -> None:
    with connect(make_conninfo(dsn, application_name="cron"), application_name="other") as connection:
        assert setting(connection, "application_name") == "cron"


def test_strings_are_standard_whatever_the_database_says(dsn: str) -> None:
    """The check of a declaration's expressions takes a backslash for an ordinary character."""
    old_fashioned = make_conninfo(dsn, options="-c standard_conforming_strings=off")
    with connect(old_fashioned, autocommit=False) as connection:
        assert setting(connection, "standard_conforming_strings") == "on"
        connection.rollback()
        assert setting(connection, "standard_conforming_strings") == "on"


def test_the_isolation_level_is_read_committed_whatever_the_database_says(dsn: str) -> None:
    strict = make_conninfo(dsn, options="-c default_transaction_isolation=serializable")
    with connect(strict) as connection:
        assert setting(connection, "transaction_isolation") == "read committed"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"dbname": "no such db"}, 'database "no such db" does not exist; create it with createdb, or '),
        ({"user": "nobody here"}, 'role "nobody here" does not exist; create it with createuser, or '),
    ],
)
def test_what_is_not_there(dsn: str, changes: dict[str, str], expected: str) -> None:
    with pytest.raises(PgcacheError) as caught:
        connect(make_conninfo(dsn, **changes))
    ((name, value),) = changes.items()
    message = str(caught.value)
    assert message.startswith(f"cannot connect to host={conninfo_to_dict(dsn)['host']} port=")
    assert f" {name}={value}" in message
    assert f": {expected}" in message
