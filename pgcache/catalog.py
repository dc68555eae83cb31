"""What is in the database: tables, columns, keys, indexes, and what an expression over a table's row means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from pgcache import queries
from pgcache.model import TableName
from pgcache.template import render

LOCK_TIMEOUT = "2s"
"""How long the writers of a table may have to queue behind a lock that is not granted."""

INTEGERS = frozenset({20, 21, 23})
FLOATS = frozenset({700, 701})
NUMERIC = 1700
MONEY = 790
BOOLEAN = 16
DATE = 1082
TIMESTAMPTZ = 1184
TIMESTAMPTZ = 1184


@dataclass(frozen=True)
class Column:
    """A column; `type` is a domain's base type, without length or scale.

    `equality` and `less` are the operators of its order, where they are not those of pg_catalog; `collation` is None
    where its type has none.
    """

    name: str
    type: str
    type_oid: int
    typmod: int
    generated: str
    equality: str | None
    less: str | None
    collation: str | None
    hashable: bool

    @property
    def scale(self) -> int | None:
        """The digits behind the point that a numeric column keeps; None where it keeps all."""
        if self.type_oid != NUMERIC or self.typmod < 4:
            return None
        return (((self.typmod - 4) & 0x7FF) ^ 1024) - 1024

    @property
    def definition(self) -> str:
        """Its type with length or scale, where that of a numeric column is known."""
        if self.scale is None:
            return self.type
        return f"{self.type}({(self.typmod - 4) >> 16 & 0xFFFF},{self.scale})"


@dataclass(frozen=True)
class Relation:
    """A table, or what else stands under its name."""

    oid: int
    schema: str
    name: str
    kind: str
    columns: Mapping[str, Column]

    @property
    def identifier(self) -> sql.Composable:
        return sql.Identifier(self.schema, self.name)

    @property
    def quoted(self) -> str:
        """Its qualified name as SQL text."""
        return self.identifier.as_string(None)

    @property
    def is_table(self) -> bool:
        return self.kind in ("r", "p")

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Expression:
    """What an expression over a table's row gives: its base type, and the columns that it reads."""

    type: str
    type_oid: int
    columns: frozenset[str]


@dataclass(frozen=True)
class QueryText:
    """What a declared query means: its text with qualified names, its columns, and the tables whose rows are hidden.

    `limited` tells that it reads the relation pgcache_keys; `reads` are the columns that it reads, by the oid of the
    table, None where that cannot be told.
    """

    text: str
    columns: Mapping[str, Column]
    limited: bool
    hidden: tuple[str, ...]
    reads: Mapping[int, frozenset[str]] | None


class InvalidExpressionError(Exception):
    """An expression or a query that the database refuses, in its own words."""

    def __init__(self, error: psycopg.Error) -> None:
        self.sqlstate = error.sqlstate
        super().__init__(error.diag.message_primary or str(error))


def _is_trouble(error: psycopg.Error) -> bool:
    """Whether a statement failed for what the server went through, such as a cancellation, not for what it says.

    A statement that is past the server's limits (class 54) is one that it refuses.
    """
    return isinstance(error, psycopg.OperationalError) and not (error.sqlstate or "").startswith("54")


class Catalog:
    """Reads the catalog of one database.

    Names without a schema are looked up along the connection's own search_path; expressions see pg_catalog
    alone, as the installed functions do. Use it inside `reading()`.
    """

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.conn = conn
        self.schemas: list[str] = queries.value(conn, "schemas")
        role = queries.row(conn, "role")
        assert role is not None
        self.role: str = role["name"]
        self.may_create_pgcache: bool = role["may_create_pgcache"]
        self.may_create_temporary: bool = role["may_create_temporary"]
        self._relations: dict[TableName, Relation | None] = {}
        self._expressions: dict[tuple[int, str, str | None], Expression | InvalidExpressionError] = {}

    @contextmanager
    def reading(self) -> Iterator[Catalog]:
        """A transaction that is rolled back: expressions are tried on temporary copies.

        What is tried on the tables themselves must not keep their writers waiting for long.
        """
        with self.conn.transaction(force_rollback=True):
            self.conn.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'".encode())
            self.conn.execute("SET LOCAL search_path = pg_catalog, pg_temp")
            yield self

    def relation(self, name: TableName) -> Relation | None:
        if name not in self._relations:
            found = queries.row(self.conn, "relation", name.schema, name.name, self.schemas)
            self._relations[name] = (
                Relation(
                    **found,
                    columns={row["name"]: Column(**row) for row in queries.rows(self.conn, "columns", found["oid"])},
                )
                if found
                else None
            )
        return self._relations[name]

    def descendants(self, relation: Relation) -> tuple[Relation, ...]:
        """The partitions and inheriting tables below a table, at every level."""
        found = queries.rows(self.conn, "descendants", relation.oid)
        return tuple(Relation(**row, columns={}) for row in found)

    def unpinned_triggers(self, relation: Relation) -> list[tuple[str, str]]:
        """The users' update triggers whose functions depend on the search_path, each with its function."""
        found = queries.rows(self.conn, "unpinned_triggers", relation.oid)
        return [(row["trigger"], row["function"]) for row in found]

    def checks(self, relation: Relation, columns: Sequence[str]) -> list[str]:
        """The CHECK constraints that read one of some columns, quoted."""
        return [row["name"] for row in queries.rows(self.conn, "checks", relation.oid, list(columns))]

    def is_made(self, schema: str, name: str) -> bool:
        """Whether pgcache itself created a table or view."""
        made = sql.Identifier(schema, name).as_string(None)
        return bool(queries.value(self.conn, "schema_exists")) and bool(queries.value(self.conn, "made_table", made))

    def imagined(self, schema: str, name: str, columns: Mapping[str, str]) -> Relation:
        """A table as it will be, with columns of some types, by their names."""
        definitions = (sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(kind)) for c, kind in columns.items())
        parts = {"alias": sql.Identifier(name), "columns": sql.SQL(", ").join(definitions)}
        with self.conn.transaction(force_rollback=True):
            self.conn.execute(render("check/imagined.sql", parts).encode())
            copy = sql.Identifier("pg_temp", name).as_string(None)
            found = queries.rows(self.conn, "columns", queries.value(self.conn, "oid", copy))
        return Relation(0, schema, name, "r", {row["name"]: Column(**row) for row in found})

    def is_unique(self, relation: Relation, columns: Sequence[str]) -> bool:
        return bool(queries.value(self.conn, "unique_key", relation.oid, list(columns)))

    def has_foreign_key(
        self, relation: Relation, columns: Sequence[str], target: Relation, target_columns: Sequence[str]
    ) -> bool:
        return bool(
            queries.value(self.conn, "foreign_key", relation.oid, list(columns), target.oid, list(target_columns))
        )

    def has_index(self, relation: Relation, columns: Sequence[str]) -> bool:
        """Whether an index of the table begins with these columns, in any order."""
        return bool(queries.value(self.conn, "leading_index", relation.oid, list(columns)))

    def hides_rows(self, relation: Relation) -> bool:
        """Whether row-level security applies to the current role."""
        return bool(queries.value(self.conn, "hides_rows", relation.oid))

    def lacking_privileges(self, relation: Relation, privileges: Sequence[str]) -> list[str]:
        found: list[str] = queries.value(self.conn, "lacking_privileges", relation.oid, list(privileges))
        return found

    def may_create_in(self, schema: str) -> bool:
        return bool(queries.value(self.conn, "may_create_in", schema))

    def is_time_zone(self, name: str) -> bool:
        try:
            with self.conn.transaction(force_rollback=True):
                queries.value(self.conn, "is_time_zone", name)
        except psycopg.errors.InvalidParameterValue:
            return False
        return True

    def expression(self, relation: Relation, expression: str, as_type: str | None = None) -> Expression:
        """What an expression gives, as a stored generated column of an empty copy of the table.

        Parameters
        ----------
        relation:
            The table over whose row it is.
        expression:
            SQL; columns may be qualified with the table's name.
        as_type:
            The type that it must be assignable to; its own where none is given.

        Raises
        ------
        InvalidExpressionError
            The database refuses it: unknown names, not immutable, an aggregate or subquery, a wrong type.
        """
        key = (relation.oid, expression, as_type)
        if key not in self._expressions:
            try:
                with self.conn.transaction(force_rollback=True):
                    self._expressions[key] = self._try(relation, expression, as_type)
            except psycopg.Error as error:
                if _is_trouble(error):
                    raise
                self._expressions[key] = InvalidExpressionError(error)
        found = self._expressions[key]
        if isinstance(found, InvalidExpressionError):
            raise found
        return found

    def query(self, text: str, keys: Mapping[str, str], schema: str | None) -> QueryText:
        """What a query means over an empty relation pgcache_keys, as a view of it tells.

        Parameters
        ----------
        text:
            A SELECT; names without a schema are looked up as they are in the connection's own statements.
        keys:
            The columns of pgcache_keys, with their types.
        schema:
            Where names are looked up before that, if anywhere.

        Raises
        ------
        InvalidExpressionError
            The database refuses it: unknown names, no SELECT, two columns of one name, a privilege that is lacking.
        """
        definitions = (sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(kind)) for c, kind in keys.items())
        parts = {"alias": sql.Identifier("pgcache_keys"), "columns": sql.SQL(", ").join(definitions)}
        try:
            with self.conn.transaction(force_rollback=True):
                self._imagine_today()
                self.conn.execute(render("check/imagined.sql", parts).encode())
                queries.value(self.conn, "set_search_path", [*([schema] if schema else []), *self.schemas])
                # Prepared, since that takes a single statement alone.
                self.conn.execute(
                    render("check/query.sql", {"query": sql.SQL("(\n{}\n)").format(pasted(text))}).encode(),
                    prepare=True,
                )
                queries.value(self.conn, "set_search_path", ["pg_catalog", "pg_temp"])
                self.conn.execute(render("check/rows.sql", {}).encode())
                found = queries.row(self.conn, "query_text")
                assert found is not None
                view = queries.value(self.conn, "oid", "pg_temp.pgcache_query")
                columns = {row["name"]: Column(**row) for row in queries.rows(self.conn, "columns", view)}
        except psycopg.Error as error:
            if _is_trouble(error):
                raise
            raise InvalidExpressionError(error) from error
        reads = found["reads"]
        return QueryText(
            found["text"].rstrip().removesuffix(";"),
            columns,
            found["limited"],
            tuple(found["hidden"]),
            None if reads is None else {int(oid): frozenset(names) for oid, names in reads.items()},
        )

    def _imagine_today(self) -> None:
        """Create what a query may ask of pgcache where that is not installed yet."""
        if not queries.value(self.conn, "namespace_exists"):
            self.conn.execute(render("check/schema.sql", {}).encode())
        if not queries.value(self.conn, "today_exists"):
            self.conn.execute(render("check/today.sql", {}).encode())

    def _try(self, relation: Relation, expression: str, as_type: str | None) -> Expression:
        parts = {
            "relation": relation.identifier,
            "alias": sql.Identifier(relation.name),
            "expression": pasted(expression),
            "column": sql.Identifier(_unused_name(relation)),
        }
        self.conn.execute(render("check/copy.sql", parts).encode())
        described = self.conn.execute(render("check/type.sql", parts).encode()).description
        assert described is not None
        type_name = queries.row(self.conn, "type_name", described[0].type_code)
        assert type_name is not None
        parts["type"] = sql.SQL(as_type or type_name["base_name"])
        self.conn.execute(render("check/generated.sql", parts).encode())
        copy = sql.Identifier("pg_temp", relation.name).as_string(None)
        columns = queries.value(self.conn, "expression_columns", copy, _unused_name(relation))
        return Expression(type_name["base_name"], type_name["base_oid"], frozenset(columns))


def pasted(expression: str) -> sql.Composable:
    """An expression of the declaration as part of a statement: a trailing comment must not swallow what follows."""
    return sql.SQL(expression + ("\n" if "--" in expression else ""))


def quoted(name: str) -> str:
    """A name as SQL text."""
    return sql.Identifier(name).as_string(None)


def _unused_name(relation: Relation) -> str:
    name = "pgcache_expression"
    while name in relation.columns:
        name += "_"
    return name
