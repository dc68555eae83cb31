"""Random tables, random declarations over them, and the oracle of each, which shares nothing with the compiler."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.histories.world import Column, Declared, Partition, Table, World

KEY_TYPES = {
    "integer": ("1", "2", "-3"),
    "bigint": ("1", "2", "9007199254740993"),
    "text": ("'a'", "'a|b'", "'it''s'"),
    "numeric": ("1", "1.0", "2.50"),
    "date": ("'2025-06-01'", "'0044-03-15 BC'", "'infinity'"),
    "timestamptz": ("'2025-06-01 12:00+00'", "'2025-06-01 14:00+02'", "'2025-06-02 00:00:00.000001+00'"),
    "bytea": (r"'\x00'", r"'\xff5c'", r"'\x'"),
    "uuid": ("'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-00000000000A'"),
    "boolean": ("true", "false"),
}
MEASURE_TYPES = ("numeric(12,2)", "numeric", "bigint", "integer", "numeric(10,0)")
DAYS = ("'2025-05-31'", "'2025-06-01'", "'2025-06-15'", "'2025-06-30'", "'2025-07-01'", "NULL")
FLAGS = ("true", "false", "NULL")

# Each as the declaration says it, and as the oracle does: over the row of a source, which is s there.
AMOUNTS = (
    ("amount", "s.amount"),
    ("-amount", "0 - s.amount"),
    ("CASE kind WHEN 'in' THEN amount WHEN 'out' THEN -amount END", "s.amount * ((s.kind = 'in')::int * 2 - 1)"),
    ("amount * 0.333", "s.amount * 0.333"),
    ("coalesce(amount, 100)", "CASE WHEN s.amount IS NULL THEN 100 ELSE s.amount END"),
)
COUNTS = (("1", "1"), ("qty", "s.qty"), ("-qty", "0 - s.qty"), ("CASE WHEN gone THEN qty END", "s.qty * s.gone::int"))
CONDITIONS = (
    (None, "true"),
    ("NOT gone", "s.gone = false"),
    ("kind = 'in'", "s.kind = 'in'"),
    ("gone IS NOT TRUE AND amount > 1", "coalesce(s.gone, false) = false AND s.amount > 1"),
)
INITIALS = ((None, "0"), ("opening", "t.opening"), ("opening * 0.333", "t.opening * 0.333"))


@dataclass(frozen=True)
class Tables:
    """What the tables are like; the targets are t1 and t2, the sources s1 and s2, the mapping is m1.

    `follows` tells what becomes of the rows of s1 when those of t1 go, None where there is no foreign key; `maps` tells
    the same of m1 and t1, and `belongs` of s2 and m1.
    """

    keys: tuple[str, ...]
    measures: tuple[str, ...]
    follows: str | None
    maps: str | None
    belongs: str | None
    partitioned: bool
    special: bool

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(f"k{number}" for number in range(1, len(self.keys) + 1))

    @property
    def key_columns(self) -> str:
        return ", ".join(f"{name} {kind}" for name, kind in zip(self.key_names, self.keys, strict=True))

    @property
    def listed(self) -> str:
        return ", ".join(self.key_names)


# What lies elsewhere than it belongs, when it comes back, keeps it from being attached.
JUNE = Partition(
    "s2",
    "s2_june",
    ("ALTER TABLE s2 DETACH PARTITION s2_june",),
    (
        "DELETE FROM s2_june WHERE (day >= '2025-06-01' AND day < '2025-07-01') IS NOT TRUE",
        "DELETE FROM s2_rest WHERE day >= '2025-06-01' AND day < '2025-07-01'",
        "ALTER TABLE s2 ATTACH PARTITION s2_june FOR VALUES FROM ('2025-06-01') TO ('2025-07-01')",
    ),
)
ACTIONS = (None, "CASCADE", "SET NULL", "NO ACTION")

tables_of_a_world = st.builds(
    Tables,
    keys=st.lists(st.sampled_from(sorted(KEY_TYPES)), min_size=1, max_size=2).map(tuple),
    measures=st.lists(st.sampled_from(MEASURE_TYPES), min_size=2, max_size=2).map(tuple),
    follows=st.sampled_from(ACTIONS),
    maps=st.sampled_from(ACTIONS),
    belongs=st.sampled_from(ACTIONS),
    partitioned=st.booleans(),
    special=st.integers(0, 7).map(lambda number: number == 7),
)


def _references(name: str, columns: str, table: str, action: str | None) -> str:
    if action is None:
        return ""
    return (
        f"\nALTER TABLE {name} ADD FOREIGN KEY ({columns}) REFERENCES {table} ({columns})"
        f" ON DELETE {action} ON UPDATE CASCADE;"
    )


def setup(tables: Tables) -> str:
    """The script that makes the tables, and few rows."""
    kinds = dict(zip(("v1", "v2"), tables.measures, strict=True))
    measures = ", ".join(f"{name} {kind} NOT NULL DEFAULT 0" for name, kind in kinds.items())
    target = (
        f"({tables.key_columns}, opening numeric(12,2) NOT NULL DEFAULT 0, since date, until date, note text, "
        f"{measures}, PRIMARY KEY ({tables.listed}))"
    )
    amount = "numeric" if tables.special else "numeric(12,3)"
    columns = f"{tables.key_columns}, on1 integer, kind text, amount {amount}, qty integer, day date, gone boolean"
    if tables.partitioned:
        second = f"""CREATE TABLE s2 (id integer, {columns}) PARTITION BY RANGE (day);
CREATE TABLE s2_may PARTITION OF s2 FOR VALUES FROM (MINVALUE) TO ('2025-06-01');
CREATE TABLE s2_june (gone boolean, LIKE s2);
ALTER TABLE s2_june DROP COLUMN gone, ADD COLUMN gone boolean;
ALTER TABLE s2 ATTACH PARTITION s2_june FOR VALUES FROM ('2025-06-01') TO ('2025-07-01');
CREATE TABLE s2_rest PARTITION OF s2 DEFAULT;""".replace("(gone boolean, LIKE s2)", "(LIKE s2)")
    else:
        second = f"CREATE TABLE s2 (id integer PRIMARY KEY, {columns});"
    first = f"{', '.join(KEY_TYPES[kind][0] for kind in tables.keys)}"
    unique = " UNIQUE" if tables.belongs else ""
    return (
        f"""CREATE TABLE t1 {target};
CREATE TABLE t2 {target};
CREATE TABLE m1 (id integer PRIMARY KEY, on1 integer{unique}, {tables.key_columns}, active boolean);
CREATE TABLE s1 (id integer PRIMARY KEY, {columns});
{second}"""
        + _references("s1", tables.listed, "t1", tables.follows)
        + _references("m1", tables.listed, "t1", tables.maps)
        + _references("s2", "on1", "m1", tables.belongs)
        + f"""
INSERT INTO t1 ({tables.listed}, opening, since, until) VALUES ({first}, 5, '2025-06-01', '2025-06-30');
INSERT INTO t2 ({tables.listed}, since) VALUES ({first}, '2025-06-01');
INSERT INTO m1 VALUES (1, 1, {first}, true);
INSERT INTO s1 VALUES (1, {first}, 1, 'in', 10, 1, '2025-06-15', false);
INSERT INTO s2 VALUES (1, {first}, 1, 'out', 2.5, 2, '2025-06-15', false);"""
    )


def written_tables(tables: Tables) -> tuple[Table, ...]:
    """The tables as the events see them."""
    keys = tuple(Column(name, KEY_TYPES[kind]) for name, kind in zip(tables.key_names, tables.keys, strict=True))
    loose = tuple(Column(key.name, (*key.values, "NULL")) for key in keys)
    target = (
        *keys[1:],
        Column("opening", ("0", "5", "0.33")),
        Column("since", DAYS),
        Column("until", ("'2025-06-30'", "'2025-06-15'", "NULL")),
        Column("note", ("NULL", "'Noted'")),
        Column("v1", ("0", "7")),
        Column("v2", ("0", "7")),
    )
    amounts = ("0", "1", "0.005", "-2.345", "99.99", "NULL", *(("'NaN'", "'Infinity'") if tables.special else ()))
    source = (
        *loose,
        Column("on1", ("1", "2", "NULL")),
        Column("kind", ("'in'", "'out'", "NULL")),
        Column("amount", amounts),
        Column("qty", ("0", "1", "-5", "NULL")),
        Column("day", DAYS),
        Column("gone", FLAGS),
    )
    past = ("kind", "amount", "qty", "gone")
    numbers = Column("id", tuple(str(number) for number in range(1, 7)))
    mapping = (Column("on1", ("1", "2", "NULL")), *loose, Column("active", FLAGS))
    first = Table("s1", numbers, source, conflict="id", past=past)
    second = Table("s2", numbers, source, conflict="id", past=past)
    if tables.partitioned:
        second = Table("s2", numbers, source, direct=("s2_may", "s2_june", "s2_rest"), past=past)
    return (
        Table("t1", keys[0], target, conflict=tables.listed, past=("v1", "v2", "opening", "until")),
        Table("t2", keys[0], target, conflict=tables.listed, past=("v1", "v2")),
        Table("m1", numbers, mapping, conflict="id", past=("active",)),
        *(first, second) * 3,
    )


@dataclass(frozen=True)
class Source:
    """A declared source: values of each measure, a condition, and whether it goes through m1 or counts in a period."""

    table: str
    values: tuple[tuple[str, str], ...]
    condition: tuple[str | None, str]
    mapped: bool
    active: bool
    within: bool


@dataclass(frozen=True)
class Cache:
    """A declared cache; without a target it has one of its own."""

    name: str
    target: str | None
    mode: str
    initial: tuple[str | None, str]
    guard: str
    triggers: str
    sources: tuple[Source, ...]


def _expressions(kind: str) -> tuple[tuple[str, str], ...]:
    return COUNTS if kind in ("bigint", "integer") else (*AMOUNTS, *COUNTS)


@st.composite
def sources(draw: st.DrawFn, kinds: tuple[str, ...], created: bool) -> Source:
    return Source(
        draw(st.sampled_from(("s1", "s2"))),
        tuple(draw(st.sampled_from(_expressions(kind))) for kind in kinds),
        draw(st.sampled_from(CONDITIONS)),
        draw(st.booleans()),
        draw(st.booleans()),
        not created and draw(st.booleans()),
    )


@st.composite
def caches(draw: st.DrawFn, tables: Tables, name: str, target: str | None) -> Cache:
    kinds = tables.measures[: draw(st.integers(1, 2))] if target else ("numeric",) * draw(st.integers(1, 2))
    initial = draw(st.sampled_from(INITIALS[:1] if target is None or "int" in "".join(kinds) else INITIALS))
    return Cache(
        name,
        target,
        draw(st.sampled_from(("immediate", "nowait"))),
        initial,
        draw(st.sampled_from(("ignore", "ignore", "reject"))) if target else "ignore",
        draw(st.sampled_from(("statement", "statement", "row"))),
        tuple(draw(st.lists(sources(kinds, target is None), min_size=1, max_size=3))),
    )


def _toml(cache: Cache, tables: Tables) -> str:
    keys = list(tables.key_names)
    target = json.dumps(cache.target) if cache.target else f'{{ table = "{cache.name}_total", create = true }}'
    lines = ["[[cache]]", f'name = "{cache.name}"', f"target = {target}", f"key = {json.dumps(keys)}"]
    lines.append(f'mode = "{cache.mode}"')
    lines.append(f'triggers = "{cache.triggers}"')
    if cache.target:
        lines.append(f'guard = "{cache.guard}"')
    measures = [f"v{number}" for number in range(1, len(cache.sources[0].values) + 1)]
    if cache.initial[0]:
        initial = ", ".join(f'{measure} = "{cache.initial[0]}"' for measure in measures)
        lines.append(f"initial = {{ {initial} }}")
    for source in cache.sources:
        lines += ["  [[cache.source]]", f'  table = "{source.table}"']
        if source.mapped:
            where = ', where = "active"' if source.active else ""
            lines.append(f'  through = {{ table = "m1", on = {{ on1 = "on1" }}, key = {json.dumps(keys)}{where} }}')
        else:
            lines.append(f"  key = {json.dumps(keys)}")
        if source.within:
            lines.append('  within = { column = "day", from = "since", to = "until" }')
        if source.condition[0]:
            lines.append(f'  where = "{source.condition[0]}"')
        values = ", ".join(
            f"{measure} = {json.dumps(value[0])}" for measure, value in zip(measures, source.values, strict=True)
        )
        lines.append(f"  values = {{ {values} }}")
    return "\n".join([*lines, ""])


def _digits(kind: str) -> str:
    """Where the oracle rounds what one row adds."""
    _, _, rest = kind.partition(",")
    return f"round({{}}, {rest.rstrip(')')})" if rest else "({})"


def _table(cache: Cache) -> str:
    """Where the cached values are."""
    return cache.target or f"{cache.name}_total"


def oracle(cache: Cache, tables: Tables, cached_in: str) -> str:
    """What differs between what is cached somewhere and its history: keys, the measure, the side and the value."""
    keys = tables.key_names
    cached, computed = [], []
    for number in range(len(cache.sources[0].values)):
        kind = tables.measures[number] if cache.target else "numeric"
        rounded = _digits(kind)
        selects = []
        for source in cache.sources:
            owner = "m" if source.mapped else "s"
            joined = (
                "JOIN m1 AS m ON m.on1 = s.on1" + (" AND m.active" if source.active else "") if source.mapped else ""
            )
            conditions = [source.condition[1], *(f"{owner}.{key} = t.{key}" for key in keys)]
            if source.within:
                conditions.append("s.day >= t.since AND s.day <= t.until")
            if not cache.target:
                conditions = [source.condition[1], *(f"{owner}.{key} IS NOT NULL" for key in keys)]
            value = rounded.format(source.values[number][1])
            named = ", ".join(f"{owner}.{key}" for key in keys)
            selects.append((f"FROM {source.table} AS s {joined} WHERE {' AND '.join(conditions)}", value, named))
        measure = f"'v{number + 1}'"
        listed = ", ".join(f"t.{key}" for key in keys)
        if cache.target:
            cached.append(
                f"SELECT {listed}, {measure} AS measure, t.v{number + 1}::numeric AS value FROM {cached_in} AS t"
            )
            sums = " + ".join(f"coalesce((SELECT sum({value}) {rows}), 0)" for rows, value, _ in selects)
            initial = rounded.format(cache.initial[1])
            computed.append(f"SELECT {listed}, {measure}, {initial} + {sums} FROM {cache.target} AS t")
        else:
            cached.append(
                f"SELECT {listed}, {measure} AS measure, t.v{number + 1} AS value FROM {cached_in} AS t "
                f"WHERE t.v{number + 1} <> 0"
            )
            union = " UNION ALL ".join(f"SELECT {named}, {value} AS value {rows}" for rows, value, named in selects)
            computed.append(
                f"SELECT {listed}, {measure}, sum(t.value) FROM ({union}) AS t "
                f"GROUP BY {listed} HAVING sum(t.value) <> 0"
            )
    return f"""WITH cached AS ({" UNION ALL ".join(cached)}),
computed AS ({" UNION ALL ".join(computed)})
SELECT 'cached' AS side, * FROM (TABLE cached EXCEPT ALL TABLE computed) AS only_cached
UNION ALL
SELECT 'computed', * FROM (TABLE computed EXCEPT ALL TABLE cached) AS only_computed"""


def declared(tables: Tables, drawn: Sequence[Cache]) -> Declared:
    """The declaration of some caches, with their oracles and with keys that may have rows."""
    first, *others = (KEY_TYPES[kind] for kind in tables.keys)
    rows = zip(first, *others, strict=False)
    keys = tuple(", ".join(value if value.startswith("'") else f"'{value}'" for value in row) for row in rows)
    lagging = [cache for cache in drawn if cache.mode == "nowait"]
    return Declared(
        "\n".join(["version = 1", *(_toml(cache, tables) for cache in drawn)]),
        {cache.name: oracle(cache, tables, f"pgcache.{cache.name}") for cache in drawn},
        {cache.name: keys for cache in drawn},
        plain={cache.name: oracle(cache, tables, _table(cache)) for cache in lagging},
        targets=tuple(map(_table, lagging)),
    )


@st.composite
def declarations(draw: st.DrawFn, tables: Tables) -> Declared:
    targets = draw(st.lists(st.sampled_from((None, "t1", "t2")), min_size=1, max_size=2, unique=True))
    return declared(tables, [draw(caches(tables, f"c_{target or 'own'}", target)) for target in targets])


@st.composite
def random_worlds(draw: st.DrawFn) -> World:
    """Tables, and one to three declarations over them."""
    tables = draw(tables_of_a_world)
    return World(
        "random",
        setup(tables),
        written_tables(tables),
        tuple(draw(st.lists(declarations(tables), min_size=1, max_size=3))),
        truncated=("s1", "s2, s1", "m1 CASCADE", "s2", "t1 CASCADE", "t2", "s1, t2"),
        sources=("s1", "s2"),
        finite=not tables.special,
        partition=JUNE if tables.partitioned else None,
    )
