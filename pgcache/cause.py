"""Tells what is known about the cause of a drift: what the passes had noted, what the rows and the logs show now.

Nothing here is a guess that looks like knowledge: each line of evidence is a fact, and the verdict says how sure it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import psycopg

from pgcache import queries
from pgcache.errors import PgcacheError
from pgcache.reconcile import installed_caches

Certainty = Literal["certain", "likely", "unknown"]

ROWS_SHOWN = 10
"""How many of the newest rows of each source are shown."""


@dataclass(frozen=True)
class Verdict:
    """What caused a drift, in a word or two, how sure that is, and why."""

    cause: str
    certainty: Certainty
    reason: str


@dataclass(frozen=True)
class Cause:
    """What is known about a drift.

    Parameters
    ----------
    drift:
        The row of pgcache.drift.
    first_run, last_clean:
        The run that found it first, and the last one before that left its key exact; None where it is not known.
    verdict:
        The cause.
    evidence:
        The facts, a line each.
    writes:
        What was written by hand in between, as pgcache.write has it.
    transactions:
        Those that wrote rows in between which count for the key: source, xid, rows, what they add, and when they
        committed where the server keeps that.
    rows:
        The newest rows of each source that count for the key; those of the time in between where that is known.
    """

    drift: queries.Row
    first_run: queries.Row | None
    last_clean: queries.Row | None
    verdict: Verdict
    evidence: tuple[str, ...]
    writes: list[queries.Row]
    transactions: list[queries.Row]
    rows: list[queries.Row]


def explain(conn: psycopg.Connection[Any], id_: int) -> Cause:
    """Look for the cause of a drift. Nothing is changed.

    Parameters
    ----------
    conn:
        An autocommit connection as a role that may read the sources.
    id_:
        The id in pgcache.drift.

    Raises
    ------
    PgcacheError
        pgcache is not installed, or there is no such drift.
    """
    installed_caches(conn)
    drift = queries.row(conn, "drift_entry", id_)
    if drift is None:
        raise PgcacheError(f"no drift has the id {id_}; see pgcache drift list")
    return _Inquiry(conn, drift).result()


class _Inquiry:
    """One drift, and the time in which it came about: from the last clean run to the first that found it."""

    def __init__(self, conn: psycopg.Connection[Any], drift: queries.Row) -> None:
        self.conn = conn
        self.drift = drift
        self.installed = drift["number"] is not None
        runs = {row["which"]: row for row in queries.rows(conn, "drift_runs", drift["id"])}
        self.first, self.clean = runs.get("first"), runs.get("clean")
        self.now: dict[str, Any] = queries.value(conn, "witness", drift["cache"]) if self.installed else {}
        # What was noted when it was found; a recompute notes nothing.
        self.then: dict[str, Any] = (self.first and self.first["evidence"]) or {}
        self.before: dict[str, Any] = (self.clean and self.clean["evidence"]) or {}
        self.unreadable = ""
        self.writes = self._writes()
        self.transactions = self._transactions()
        self.rows = self._rows()

    def result(self) -> Cause:
        return Cause(
            self.drift,
            self.first,
            self.clean,
            self._verdict(),
            tuple(self._evidence()),
            self.writes,
            self.transactions,
            self.rows,
        )

    # What is asked of the database

    @property
    def _key(self) -> str:
        return json.dumps(self.drift["key"])

    @property
    def _comparable(self) -> bool:
        """Whether transaction ids of the clean run mean the same now: not in a restored or copied database."""
        return bool(self.clean and self.clean["settled"]) and _same_place(self.before, self.now)

    def _writes(self) -> list[queries.Row]:
        if not self.installed:
            return []
        since = self.clean["started_at"] if self.clean else None
        given = (self.drift["cache"], self._key, self.drift["number"], since, self.drift["first_seen"])
        return queries.rows(self.conn, "writes", *given)

    def _transactions(self) -> list[queries.Row]:
        if not self.installed or not self._comparable or self.clean is None:
            return []
        given = (self.drift["cache"], self._key, self.clean["settled"], self.drift["later"], self.drift["number"])
        return self._readable("contributing_transactions", *given)

    def _rows(self) -> list[queries.Row]:
        if not self.installed or self.unreadable:
            return []
        since = self.clean["settled"] if self.clean and self._comparable else None
        rows = self._readable("contributions", self.drift["cache"], self._key, since, ROWS_SHOWN)
        found = [row for row in rows if row["content"] is not None]
        return [row | {"content": json.loads(row["content"], parse_float=Decimal)} for row in found]

    def _readable(self, query: str, *given: Any) -> list[queries.Row]:
        """Rows of users' tables, which the role may be denied."""
        try:
            with self.conn.transaction():
                return queries.rows(self.conn, query, *given)
        except psycopg.errors.InsufficientPrivilege as error:
            self.unreadable = error.diag.message_primary or "permission denied"
            return []

    # What follows from it

    @property
    def _untouched(self) -> bool:
        """Whether the target row was for certain not written between the last clean run and the finding."""
        written = self._written_in
        return bool(self._comparable and written and self.clean and int(written) < int(self.clean["settled"]))

    @property
    def _written_in(self) -> str | None:
        """Who wrote the target row last; it tells something where every writer of a source writes it too."""
        written: str | None = self.drift["row_written_in"]
        return written if self.drift["mode"] == "immediate" else None

    @property
    def _damage(self) -> list[str]:
        """What let changes pass when it was found."""
        found = [f"{entry['object']} was {entry['state']}" for entry in self._objects if entry["state"] != "altered"]
        return [*(self.then.get("mended") or []), *found]

    @property
    def _altered(self) -> list[str]:
        """What was altered and put back since the last clean run."""
        if not self._comparable or self.clean is None:
            return []
        settled = int(self.clean["settled"])
        return [
            entry["object"] for entry in self._objects if entry["state"] == "altered" and int(entry["xid"]) >= settled
        ]

    @property
    def _objects(self) -> list[dict[str, str]]:
        objects: list[dict[str, str]] = self.then.get("objects", [])
        return objects

    @property
    def _rewritten(self) -> list[str]:
        """The sources whose files were replaced since the last clean run."""
        if not self._comparable or not self.then:
            return []
        before, then = self.before.get("files") or {}, self.then.get("files") or {}
        return [source for source, digest in then.items() if before.get(source, digest) != digest]

    @property
    def _restored(self) -> bool:
        """Whether the last clean run was in another database than the finding."""
        return bool(self.before and self.then) and not _same_place(self.before, self.then)

    @property
    def _loaded(self) -> list[queries.Row]:
        """The transactions whose rows add up to just the drift: any one of them, or else all together."""
        drift = self.drift["drift"]
        by_xid: dict[str, list[queries.Row]] = {}
        for row in self.transactions:
            by_xid.setdefault(row["xid"], []).append(row)
        for rows in by_xid.values():
            if _added(rows) == drift:
                return rows
        return self.transactions if self.transactions and _added(self.transactions) == drift else []

    def _verdict(self) -> Verdict:
        if self.then.get("mended"):
            return Verdict("trigger was disabled", "likely", f"until migrate mended it, {_listed(self.then['mended'])}")
        written = sum((row["cached"] - row["written"] for row in self.writes), Decimal(0))
        if self.writes and written == self.drift["drift"]:
            names = _listed(sorted({_writer(row) for row in self.writes}))
            return Verdict("value was written by hand", "certain", f"{names} wrote just what is off")
        if self._damage:
            return Verdict("trigger was disabled", "likely", f"when it was found, {_listed(self._damage)}")
        if self._altered:
            return Verdict(
                "trigger was disabled",
                "likely",
                f"since the last clean run, {_listed(self._altered)} was altered and put back, as it is to be disabled",
            )
        if self._rewritten and (self._untouched or not self.transactions):
            return Verdict(
                "table was emptied or rewritten past the triggers",
                "certain" if self._untouched else "likely",
                f"the files of {_listed(self._rewritten)} were replaced since the last clean run",
            )
        return self._verdict_of_rows()

    def _verdict_of_rows(self) -> Verdict:
        loaded = self._loaded
        if loaded:
            count = sum(row["rows"] for row in loaded)
            sources = _listed(sorted({row["source"] for row in loaded}))
            return Verdict(
                "rows loaded past the triggers",
                "certain" if self._untouched else "likely",
                f"the {count} row(s) of {sources} that transaction {_listed(_xids(loaded))} wrote add up to the drift",
            )
        if self._untouched:
            return Verdict(
                "rows changed past the triggers",
                "certain",
                "the target row was not written since the last clean run, so that its history changed without it",
            )
        if self.writes:
            return Verdict(
                "value was written by hand", "likely", "somebody wrote it since, though not just by what is off"
            )
        if self._comparable and self._written_in and not self.transactions and not self.unreadable:
            return Verdict(
                "value was written by hand",
                "likely",
                "the target row was written since the last clean run, and none of the rows that count for it; if one "
                "that counted was deleted past the triggers, it looks the same",
            )
        reason = "nothing that is known tells"
        if self._restored:
            reason = "the database was restored or copied since the last clean run, which may have brought it"
        return Verdict("unknown", "unknown", reason)

    def _evidence(self) -> Iterator[str]:
        yield from self._times()
        if self._damage:
            yield f"when it was found, {_listed(self._damage)}"
        for entry in self._altered:
            yield f"{entry} was altered since the last clean run, and put back as it was"
        now = [f"{entry['object']} is {entry['state']}" for entry in self.now.get("objects", [])]
        now = [line for line in now if not line.endswith("altered")]
        if now:
            yield f"now, {_listed(now)}; see pgcache doctor"
        for source in self._rewritten:
            yield f"{source} was truncated or rewritten since the last clean run (TRUNCATE, VACUUM FULL, ALTER TABLE)"
        if self._restored:
            yield "the last clean run was in another database or server: this one was restored or copied"
        for row in self.writes:
            yield (
                f"{_writer(row)} wrote {_amount(row['written'])} in place of {_amount(row['cached'])} "
                f"at {_moment(row['written_at'])}"
            )
        yield from self._target()
        for row in self.transactions:
            when = f", committed at {_moment(row['committed_at'])}," if row["committed_at"] else ""
            yield (
                f"transaction {row['xid']}{when} wrote {row['rows']} row(s) of {row['source']} that count for the key, "
                f"and add {_amount(row['added'])}"
            )
        if self.unreadable:
            yield f"the rows cannot be read: {self.unreadable}"
        yield from self._ways_past()

    def _times(self) -> Iterator[str]:
        if self.first:
            yield f"found first by run {self.first['id']} ({self.first['kind']}) at {_moment(self.first['started_at'])}"
        if self.clean is None:
            yield "no run is known that found the key exact before"
            return
        yield f"found exact by run {self.clean['id']} ({self.clean['kind']}) at {_moment(self.clean['started_at'])}"

    def _target(self) -> Iterator[str]:
        written = self._written_in
        if written and self._comparable:
            since = "not written since the last clean run" if self._untouched else "written since the last clean run"
            yield f"the target row was {since} when it was found: last by transaction {written}"
        if self.installed and self._comparable and not self.transactions and not self.unreadable:
            yield "of the rows that count for the key now, none was written in between; deleted rows leave no trace"

    def _ways_past(self) -> Iterator[str]:
        """What may let rows pass at any time, without a trace of when it did."""
        for row in queries.rows(self.conn, "replica_roles"):
            yield f"{row['sessions']} run with session_replication_role = replica, in which triggers do not fire"
        for row in queries.rows(self.conn, "subscribed", self.drift["sources"] or []):
            yield f"subscription {row['subscription']} fills {row['relation']}, and fires no statement triggers"


def _same_place(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (one.get("server"), one.get("database")) == (other.get("server"), other.get("database"))


def _writer(row: queries.Row) -> str:
    name = row["application_name"]
    return f"{row['written_by']} with {name}" if name else str(row["written_by"])


def _added(rows: list[queries.Row]) -> Decimal:
    return sum((row["added"] for row in rows), Decimal(0))


def _xids(rows: list[queries.Row]) -> list[str]:
    return list(dict.fromkeys(row["xid"] for row in rows))


def _listed(words: list[str]) -> str:
    """Some words as a list, shortened where they are many."""
    shown = ", ".join(words[:5])
    return shown if len(words) <= 5 else f"{shown} and {len(words) - 5} more"


def _amount(value: Decimal | None) -> str:
    return "nothing" if value is None else format(value, "f")


def _moment(value: datetime) -> str:
    return value.isoformat(" ", "seconds")
