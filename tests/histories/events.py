"""Everything that can happen to rows, as strategies of SQL statements over the tables of a world."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.histories.world import Column, Declared, Table, World

LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")


@dataclass(frozen=True)
class Statement:
    """One statement; `copied` are the lines that a COPY reads."""

    text: str
    copied: tuple[str, ...] = ()


@dataclass(frozen=True)
class Transaction:
    """Statements in order, savepoints and what ends them among them."""

    level: str
    statements: tuple[Statement, ...]
    ending: str


@st.composite
def rows(draw: st.DrawFn, columns: tuple[Column, ...]) -> list[tuple[str, ...]]:
    """Rows of literals, the first of which is the key: mostly not twice the same."""
    key, *others = columns
    unique = draw(st.integers(0, 9)) < 9
    keys = draw(st.lists(st.sampled_from(key.values), min_size=1, max_size=4, unique=unique))
    return [(value, *(draw(st.sampled_from(column.values)) for column in others)) for value in keys]


def _listed(columns: tuple[Column, ...]) -> str:
    return ", ".join(column.name for column in columns)


def _values(literals: list[tuple[str, ...]]) -> str:
    return ", ".join(f"({', '.join(row)})" for row in literals)


@st.composite
def written(draw: st.DrawFn, table: Table, *, direct: bool = True) -> str:
    """The table's own name, or that of a partition."""
    return draw(st.sampled_from((table.name, *table.direct))) if direct else table.name


@st.composite
def some_columns(draw: st.DrawFn, table: Table) -> tuple[Column, ...]:
    """Columns to write, without the key, which mostly stays."""
    chosen = draw(st.lists(st.sampled_from(table.columns), min_size=1, max_size=3, unique=True))
    if draw(st.integers(0, 9)) == 9:
        return (table.key, *chosen)
    return tuple(chosen)


@st.composite
def conditions(draw: st.DrawFn, table: Table) -> str:
    """Which rows: one, several, those with a value, or all."""
    kind = draw(st.sampled_from(("key", "key", "key", "keys", "keys", "value", "all")))
    if kind == "key":
        return f"{table.key.name} = {draw(st.sampled_from(table.key.values))}"
    if kind == "keys":
        keys = draw(st.lists(st.sampled_from(table.key.values), min_size=2, max_size=4, unique=True))
        return f"{table.key.name} IN ({', '.join(keys)})"
    if kind == "value":
        column = draw(st.sampled_from(table.columns))
        return f"{column.name} IS NOT DISTINCT FROM {draw(st.sampled_from(column.values))}"
    return "true"


@st.composite
def inserts(draw: st.DrawFn, table: Table) -> str:
    columns = table.all_columns
    text = f"INSERT INTO {draw(written(table))} ({_listed(columns)}) VALUES {_values(draw(rows(columns)))}"
    if table.conflict:
        text += draw(st.sampled_from(("", " ON CONFLICT DO NOTHING")))
    return text


@st.composite
def upserts(draw: st.DrawFn, table: Table) -> str:
    columns = table.all_columns
    changed = ", ".join(f"{column.name} = excluded.{column.name}" for column in draw(some_columns(table)))
    return (
        f"INSERT INTO {table.name} ({_listed(columns)}) VALUES {_values(draw(rows(columns)))} "
        f"ON CONFLICT ({table.conflict}) DO UPDATE SET {changed}"
    )


@st.composite
def updates(draw: st.DrawFn, table: Table) -> str:
    changes = [(column, draw(st.sampled_from(column.values))) for column in draw(some_columns(table))]
    changed = ", ".join(f"{column.name} = {value}" for column, value in changes)
    return f"UPDATE {draw(written(table))} SET {changed} WHERE {draw(conditions(table))}"


@st.composite
def deletes(draw: st.DrawFn, table: Table) -> str:
    return f"DELETE FROM {draw(written(table))} WHERE {draw(conditions(table))}"


@st.composite
def merges(draw: st.DrawFn, table: Table) -> str:
    columns = table.all_columns
    changed = ", ".join(f"{column.name} = new.{column.name}" for column in draw(some_columns(table)))
    condition = draw(st.sampled_from(("", f" AND old.{table.columns[-1].name} IS NOT NULL")))
    # The literals get the types of the table's columns by being in a union with them.
    new = "".join(f" UNION ALL SELECT {', '.join(row)}" for row in draw(rows(columns)))
    return (
        f"MERGE INTO {table.name} AS old USING ("
        f"SELECT * FROM (SELECT {_listed(columns)} FROM {table.name} LIMIT 0) AS typed{new}) AS new "
        f"ON old.{table.key.name} = new.{table.key.name} "
        f"WHEN MATCHED{condition} THEN {draw(st.sampled_from((f'UPDATE SET {changed}', 'DELETE')))} "
        f"WHEN NOT MATCHED THEN INSERT ({_listed(columns)}) "
        f"VALUES ({', '.join(f'new.{column.name}' for column in columns)})"
    )


def _copied(literal: str) -> str:
    if literal == "NULL":
        return "\\N"
    text = literal[1:-1].replace("''", "'") if literal.startswith("'") else literal
    return text.replace("\\", "\\\\")


@st.composite
def copies(draw: st.DrawFn, table: Table) -> Statement:
    columns = table.all_columns
    lines = ("\t".join(map(_copied, row)) for row in draw(rows(columns)))
    return Statement(f"COPY {draw(written(table))} ({_listed(columns)}) FROM STDIN", tuple(lines))


def simple(table: Table) -> st.SearchStrategy[str]:
    """A statement that may be a part of a WITH query."""
    upserting = upserts(table) if table.conflict else inserts(table)
    return st.one_of(inserts(table), upserting, upserting, updates(table), updates(table), deletes(table))


def writes(world: World) -> st.SearchStrategy[Statement]:
    """A statement on a table that is a source and nothing else."""
    sources = [table for table in world.tables if table.name in world.sources]
    return st.sampled_from(sources).flatmap(simple).map(Statement)


@st.composite
def together(draw: st.DrawFn, world: World) -> str:
    """One query that writes to several tables at once."""
    parts = [draw(simple(draw(st.sampled_from(world.tables)))) for _ in range(draw(st.integers(2, 3)))]
    ctes = ", ".join(f"part_{number} AS ({part})" for number, part in enumerate(parts[:-1], 1))
    return f"WITH {ctes} {parts[-1]}"


def rewrites(world: World) -> st.SearchStrategy[Statement]:
    """A statement on any table, or on several."""
    return st.one_of(st.sampled_from(world.tables).flatmap(simple), together(world)).map(Statement)


@st.composite
def damages(draw: st.DrawFn, world: World) -> Transaction:
    """Rows are written past all triggers, as a restore does."""
    table = draw(st.sampled_from([table for table in world.tables if table.past]))
    column = draw(st.sampled_from([column for column in table.columns if column.name in table.past]))
    change = f"UPDATE {table.name} SET {column.name} = {draw(st.sampled_from(column.values))}"
    statements = (
        Statement("SET LOCAL session_replication_role = replica"),
        Statement(f"{change} WHERE {draw(conditions(table))}"),
    )
    return Transaction("READ COMMITTED", statements, "COMMIT")


_RUN = "(SELECT max(id) FROM pgcache.run WHERE cache = '{cache}' AND kind = 'reconcile')"
_BEGIN = "SELECT pgcache.reconcile_begin(nextval('pgcache.run_id'), '{cache}', 'reconcile')"
_OPEN = "SELECT pgcache.reconcile_open(nextval('pgcache.run_id'), '{cache}', 'reconcile')"
_RANGE = (
    "SELECT pgcache.reconcile_range(id, cache, 2) FROM pgcache.run "
    f"WHERE cache = '{{cache}}' AND id = {_RUN} AND judged_at IS NULL"
)
_RANGES = f"DO $$BEGIN LOOP PERFORM FROM ({_RANGE}) AS r; EXIT WHEN NOT FOUND; END LOOP; END$$"
_STEP = f"SELECT pgcache.reconcile_step({_RUN}, '{{cache}}', 1)"
_STEPS = f"DO $$BEGIN WHILE pgcache.reconcile_step({_RUN}, '{{cache}}', 10) > 0 LOOP END LOOP; END$$"
_END = f"SELECT pgcache.reconcile_end({_RUN}, '{{cache}}')"

_REVIEW = "SELECT pgcache.reconcile('{cache}', p_action => 'review')"
_APPROVE = (
    "DO $$DECLARE v_id bigint; BEGIN FOR v_id IN SELECT min(id) FROM pgcache.drift WHERE cache = '{cache}' "
    "AND resolved_at IS NULL GROUP BY key LOOP PERFORM pgcache.approve(v_id); END LOOP; END$$"
)


def passes() -> st.SearchStrategy[tuple[str, ...]]:
    """The statements of a pass over a cache, as the command gives them: of all keys at once, by ranges, or reviewed."""
    read = st.sampled_from(((_BEGIN,), (_OPEN, _RANGES), (_OPEN, _RANGE, _RANGES)))
    corrected = st.sampled_from(((_STEPS, _END), (_STEP, _STEPS, _END)))
    passed = st.tuples(read, corrected).map(lambda parts: ("SELECT pgcache.refresh('{cache}')", *parts[0], *parts[1]))
    return st.one_of(passed, passed, st.just((_REVIEW, _APPROVE)))


@st.composite
def statements(draw: st.DrawFn, world: World, declared: Declared, merging: bool) -> Statement:
    table = draw(st.sampled_from(world.tables))
    texts = [simple(table), simple(table), simple(table), together(world), *declared.calls]
    if merging:
        texts.append(merges(table))
    if world.truncated:
        texts.append(st.sampled_from(world.truncated).map(lambda tables: f"TRUNCATE {tables}"))
    return draw(st.one_of(st.one_of(texts).map(Statement), copies(table)))


@st.composite
def rebirths(draw: st.DrawFn, world: World) -> Transaction:
    """A row goes, and another comes back under its key."""
    table = draw(st.sampled_from(world.tables))
    columns = table.all_columns
    row = (draw(st.sampled_from(table.key.values)), *(draw(st.sampled_from(column.values)) for column in table.columns))
    statements = (
        Statement(f"DELETE FROM {table.name} WHERE {table.key.name} = {row[0]}"),
        Statement(f"INSERT INTO {table.name} ({_listed(columns)}) VALUES {_values([row])}"),
    )
    return Transaction("READ COMMITTED", statements, "COMMIT")


@st.composite
def transactions(draw: st.DrawFn, world: World, declared: Declared, merging: bool) -> Transaction:
    """Statements at some level, with savepoints that are released, rolled back to, or left open."""
    parts: list[Statement] = []
    depth = 0
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(("statement", "statement", "statement", "savepoint", "rollback", "release")))
        if kind == "savepoint":
            depth += 1
            parts.append(Statement(f"SAVEPOINT s{depth}"))
        elif kind == "rollback" and depth:
            parts.append(Statement(f"ROLLBACK TO SAVEPOINT s{depth}"))
        elif kind == "release" and depth:
            parts.append(Statement(f"RELEASE SAVEPOINT s{depth}"))
            depth -= 1
        else:
            parts.append(draw(statements(world, declared, merging)))
    level = draw(st.sampled_from(LEVELS))
    return Transaction(level, tuple(parts), draw(st.sampled_from(("COMMIT", "COMMIT", "COMMIT", "ROLLBACK"))))
