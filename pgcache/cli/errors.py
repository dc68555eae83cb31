"""Says what went wrong: one line for each problem, what it is and what to do, and an exit code."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from typing import Any

import click
import psycopg
from psycopg import sql

from pgcache import queries
from pgcache.errors import DeclarationError, PgcacheError

FAILED, INTERRUPTED = 1, 130

_AGAIN = "what was committed stays; run the command again"
_MISSING = (
    "what pgcache needs is missing in this database; run the command again if a migration has just ended, "
    "else pgcache migrate"
)
_LOST = f"the connection to the database was lost; {_AGAIN}"

# What to do, by SQLSTATE or the class that it begins with, where the database does not say it itself.
_WAYS_OUT = {
    "25006": "this server takes no changes, as a standby does; run it on the primary (reconcile --dry-run works here)",
    "40001": f"another transaction came between; {_AGAIN}",
    "40P01": f"another transaction came between; {_AGAIN}",
    "53": "free the resource that the server lacks, and run the command again",
    "55P03": "another transaction holds the lock (see pg_stat_activity); run it again when that has ended",
    "57014": "run it again with more time: PGOPTIONS='-c statement_timeout=0'",
    "57": _LOST,
    "08": _LOST,
}

# What is denied, as PostgreSQL says it.
_DENIED = re.compile(r"permission denied for (database|function|schema|sequence|table|view) (.+)")


def exit_code(command: Callable[[], object]) -> int:
    """Run a command and give the code to exit with: the number that it returns, else 0.

    Errors that a user can act on are told on stderr; any other is a bug in pgcache, and keeps its traceback.
    """
    try:
        code = command()
    except click.Abort:
        _tell(f"interrupted; {_AGAIN}")
        return INTERRUPTED
    except click.ClickException as error:
        _tell(_usage(error))
        return error.exit_code
    except DeclarationError as error:
        _tell(*error.problems)
        return error.exit_code
    except PgcacheError as error:
        _tell(str(error))
        return error.exit_code
    except UnicodeEncodeError as error:
        _tell(f"{error.object!r} cannot be written in {error.encoding}; use a UTF-8 locale")
        return FAILED
    except OSError as error:
        _tell(": ".join(str(part) for part in (error.filename, error.strerror) if part) or str(error))
        # What could not be written would be tried again when Python exits, which would change the exit code.
        sys.stdout = io.StringIO()
        return FAILED
    return code if isinstance(code, int) else 0


def database_error(error: psycopg.Error, conn: psycopg.Connection[Any]) -> str:
    """One line about what the database refused: its message, its detail, and its hint or another way out."""
    message = error.diag.message_primary or str(error).partition("\n")[0]
    detail = f" ({error.diag.message_detail.rstrip('.')})" if error.diag.message_detail else ""
    if error.sqlstate == "42501":
        return f"{message}{detail}; {_way_in(message, conn)}"
    if error.sqlstate is None and conn.closed:
        return f"{_LOST} ({message})"
    way_out = _way_out(error.sqlstate or "", message) or error.diag.message_hint or ""
    return message + detail + (f"; {way_out.rstrip('.')}" if way_out else "")


def _way_out(sqlstate: str, message: str) -> str | None:
    if sqlstate in ("42883", "42P01") and "pgcache." in message:
        return _MISSING
    return _WAYS_OUT.get(sqlstate, _WAYS_OUT.get(sqlstate[:2]))


def _way_in(message: str, conn: psycopg.Connection[Any]) -> str:
    """Who lacks which privilege, and what gives it to them."""
    denied = _DENIED.fullmatch(message)
    lacking = queries.row(conn, "lacking_grant", *denied.groups()) if denied else None
    if lacking is None:
        return "connect as a role that may do it, such as the one that ran pgcache migrate"
    on = f"ON {lacking['kind']} {lacking['object']}"
    role = sql.Identifier(lacking["role"]).as_string(None)
    return (
        f"role {lacking['role']} lacks {lacking['privilege']} on it: run GRANT {lacking['privilege']} {on} TO {role}, "
        "or connect as the role that ran pgcache migrate"
    )


def _usage(error: click.ClickException) -> str:
    """click's message, and where to read on."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    see = f"; see {context.command_path} --help" if context else ""
    return error.format_message().rstrip(".") + see


def _tell(*problems: str) -> None:
    for problem in problems:
        click.echo("pgcache: " + " ".join(problem.split()), err=True)
