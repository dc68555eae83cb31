"""Opens the connection to the database, and says in one line why it could not."""

from __future__ import annotations

import difflib
import re

import psycopg
from psycopg import conninfo, pq

from pgcache.errors import PgcacheError

OLDEST_SERVER = 14

_SHOWN = ("host", "port", "dbname", "user")

_NAME_ANOTHER = "name another with --dsn, PGCACHE_DSN or the PG* variables"
_HOW_TO_WRITE = 'write "host=... port=... dbname=... user=..." or postgresql://user@host:port/dbname'

# What libpq, the resolver or the server says, and what to do about it; the first that fits.
_WAYS_OUT = (
    (r"definition of service", "correct the name, or add it to ~/.pg_service.conf or PGSERVICEFILE"),
    (r"(Peer|Ident) authentication", "connect as the system user of that name, or by password over TCP"),
    (r"password", "give the user's password in ~/.pgpass or PGPASSWORD"),
    (r"database .* does not exist", f"create it with createdb, or {_NAME_ANOTHER}"),
    (r"role .* does not exist", f"create it with createuser, or {_NAME_ANOTHER}"),
    (r"pg_hba\.conf", "let the server's pg_hba.conf accept this user, database and address"),
    (r"Connection refused|No such file|timeout expired", f"start the server, or {_NAME_ANOTHER}"),
    (r"too many clients|connection slots|starting up|shutting down", "try again in a while"),
)
_PREFIX = re.compile(r"^(connection (failed|is bad): )?(connection to server .*? failed: )?(FATAL: +)?")

# libpq puts pieces of the connection string between quotes, in the manner of the language that it speaks.
_QUOTES = '"«»„“”'


def connect(dsn: str | None, *, autocommit: bool = True, application_name: str = "pgcache") -> psycopg.Connection:
    """Open a connection that speaks UTF-8 to a server that pgcache can work on.

    Parameters
    ----------
    dsn:
        A libpq connection string or URI. None or "" leaves everything to libpq: the PG* variables,
        service files and defaults.
    autocommit:
        Whether each statement is a transaction of its own.
    application_name:
        What pg_stat_activity shows, unless the DSN or PGAPPNAME says something else.

    Raises
    ------
    PgcacheError
        No connection, or a server that is too old. The message never holds the password.
    """
    settings = _parse(dsn or "")
    try:
        connection = psycopg.connect(
            dsn or "",
            autocommit=True,
            client_encoding="UTF8",
            fallback_application_name=application_name,
        )
    except psycopg.Error as error:
        raise PgcacheError(_failure(error, settings)) from None
    try:
        _check_version(connection, settings)
        # A database may have another default, at which corrections beside writers would end with 40001.
        connection.execute("SET default_transaction_isolation = 'read committed'")
        # The strings in a declaration's expressions must end where the check of the expression saw their end.
        if connection.info.parameter_status("standard_conforming_strings") != "on":
            connection.execute("SET standard_conforming_strings = on")
        connection.autocommit = autocommit
    except BaseException:
        connection.close()
        raise
    return connection


def takes_statements(conn: psycopg.Connection) -> bool:
    """Whether a connection is open, and no statement that was interrupted is still running on it."""
    return conn.info.transaction_status not in (pq.TransactionStatus.ACTIVE, pq.TransactionStatus.UNKNOWN)


def _parse(dsn: str) -> dict[str, str]:
    """Take a connection string apart, without the settings that it leaves to libpq."""
    problem = _unescaped(dsn)
    if problem is None:
        try:
            return {name: str(value) for name, value in conninfo.conninfo_to_dict(dsn).items()}
        except UnicodeError:
            problem = "it is not UTF-8"
        except psycopg.Error as error:
            problem = _without_pieces(str(error))
    raise PgcacheError(f"the connection string is not valid: {problem}; {_HOW_TO_WRITE}")


def _unescaped(dsn: str) -> str | None:
    """Tell whether a URI's password holds an @ or a /, which libpq would take for the end of the password.

    It would then look for a host or database that is named after the rest of the password, and show it.
    """
    scheme, _, rest = dsn.partition("://")
    if scheme not in ("postgresql", "postgres"):
        return None
    authority, slash, path = rest.partition("/")
    after_user = authority.partition("@")[2] + slash + path.partition("?")[0]
    if "@" in after_user:
        return "the password holds an @ or a /, which must be written %40 and %2F"
    return None


def _without_pieces(message: str) -> str:
    """Cut libpq's message where it begins to show the connection string, which may hold a password."""
    unknown = re.search(r'invalid connection option "(.*)"', message)
    if unknown:
        known = [option.keyword.decode() for option in pq.Conninfo.get_defaults()]
        close = difflib.get_close_matches(unknown[1], known, n=1)
        return f'it has an unknown setting, did you mean "{close[0]}"?' if close else "it has an unknown setting"
    shown, *hidden = re.split(f"[{_QUOTES}]", message.replace('"="', "'='"))
    return " ".join(shown.split()) + (" ..." if hidden else "")


def _failure(error: psycopg.Error, settings: dict[str, str]) -> str:
    text = _PREFIX.sub("", str(error).partition("\n")[0])
    way_out = next((way for pattern, way in _WAYS_OUT if re.search(pattern, text)), "check these settings")
    return _one_line(f"cannot connect to {_where(error.pgconn, settings)}: {text}; {way_out}")


def _check_version(connection: psycopg.Connection, settings: dict[str, str]) -> None:
    if connection.info.server_version >= OLDEST_SERVER * 10000:
        return
    version = connection.info.parameter_status("server_version")
    where = _where(connection.pgconn, settings)
    raise PgcacheError(
        _one_line(
            f"the server at {where} is PostgreSQL {version}, and pgcache needs {OLDEST_SERVER} or later; "
            f"upgrade it, or {_NAME_ANOTHER}"
        )
    )


def _where(pgconn: pq.abc.PGconn | None, settings: dict[str, str]) -> str:
    """Name the server, database and user as libpq makes them out; never the password."""
    found = {option.keyword: option.val for option in pq.Conninfo.get_defaults()}
    if pgconn is not None:
        found |= {b"host": pgconn.host, b"port": pgconn.port, b"dbname": pgconn.db, b"user": pgconn.user}
    where = {name: (found[name.encode()] or b"").decode(errors="replace") for name in _SHOWN}
    # The connection string names all of several hosts, libpq's connection the last that it tried.
    where |= {name: value for name, value in settings.items() if name in _SHOWN}
    return " ".join(f"{name}={value}" for name, value in where.items() if value)


def _one_line(message: str) -> str:
    return " ".join(message.split())
