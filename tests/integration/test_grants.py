"""What an administrator granted stays granted where a migration has to drop an object and make it anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from pgcache.config import loads
from pgcache.migrate import migrate, script
from pgcache.plan import make_plan
from tests.conftest import Clone

TABLES = """
CREATE TABLE shop (id integer PRIMARY KEY, sold numeric(12,2) NOT NULL DEFAULT 0, sales bigint NOT NULL DEFAULT 0);
CREATE TABLE sale (id serial PRIMARY KEY, shop_id integer REFERENCES shop, amount numeric(12,2) NOT NULL);
CREATE INDEX ON sale (shop_id);
INSERT INTO shop VALUES (1);
INSERT INTO sale (shop_id, amount) VALUES (1, 5.00);
"""

ONE = """
version = 1
[[cache]]
name = "shop_sold"
target = "shop"
key = ["id"]
rpc = "recompute_shop"
  [[cache.source]]
  table = "sale"
  key = ["shop_id"]
  values = { sold = "amount" }
[[cache]]
name = "shop_total"
target = { table = "shop_total", create = true }
key = ["shop_id"]
rpc = "recompute_total"
  [[cache.source]]
  table = "sale"
  key = ["shop_id"]
  values = { total = "amount" }
"""
# Another measure changes what the views have and the functions return; one that goes, the table too.
TWO = ONE.replace('sold = "amount"', 'sold = "amount", sales = "1"').replace('total = "amount"', 'sales = "1"')

OBJECTS = {
    "pgcache.shop_sold": "TABLE",
    "pgcache.shop_sold(integer)": "FUNCTION",
    "recompute_shop(integer)": "FUNCTION",
    "shop_total": "TABLE",
    "pgcache.shop_total": "TABLE",
    "pgcache.shop_total(integer)": "FUNCTION",
    "recompute_total(integer)": "FUNCTION",
}

PRIVILEGES = """
SELECT k.oid::regclass::text AS object, coalesce(g.rolname, 'PUBLIC') AS grantee, a.privilege_type, a.is_grantable
  FROM pg_class AS k CROSS JOIN LATERAL aclexplode(k.relacl) AS a LEFT JOIN pg_roles AS g ON g.oid = a.grantee
 WHERE a.grantee <> k.relowner AND k.relnamespace IN ('public'::regnamespace, 'pgcache'::regnamespace)
UNION ALL
SELECT p.oid::regprocedure::text, coalesce(g.rolname, 'PUBLIC'), a.privilege_type, a.is_grantable
  FROM pg_proc AS p CROSS JOIN LATERAL aclexplode(p.proacl) AS a LEFT JOIN pg_roles AS g ON g.oid = a.grantee
 WHERE a.grantee <> p.proowner AND p.pronamespace IN ('public'::regnamespace, 'pgcache'::regnamespace)
 ORDER BY 1, 2, 3
"""


def build(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(TABLES)
        migrate(conn, loads(ONE, "pgcache.toml"))


@pytest.fixture
def dsn(clone: Clone) -> str:
    return clone("grants", build)


@pytest.fixture
def role(conn: psycopg.Connection[Any]) -> Iterator[str]:
    """A role that reads; roles belong to the server, so its name is that of the database."""
    name = f"reader of {conn.info.dbname}"
    conn.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
    yield name
    conn.execute(sql.SQL("DROP OWNED BY {0} CASCADE; DROP ROLE {0}").format(sql.Identifier(name)))


@pytest.fixture
def granted(conn: psycopg.Connection[Any], role: str) -> list[Any]:
    """What is granted: to a role, some with the right to grant it on, and to everybody."""
    for number, (called, kind) in enumerate(OBJECTS.items()):
        privilege = "EXECUTE" if kind == "FUNCTION" else "SELECT"
        option = " WITH GRANT OPTION" if number % 2 else ""
        conn.execute(f'GRANT {privilege} ON {kind} {called} TO "{role}"{option}'.encode())
        conn.execute(f"GRANT {privilege} ON {kind} {called} TO PUBLIC".encode())
    return conn.execute(PRIVILEGES).fetchall()


def oids(conn: psycopg.Connection[Any]) -> set[int]:
    casts = {"FUNCTION": "regprocedure", "TABLE": "regclass"}
    asked = " UNION ALL ".join(f"SELECT '{called}'::{casts[kind]}::oid" for called, kind in OBJECTS.items())
    return {oid for (oid,) in conn.execute(asked.encode())}


def test_another_measure_keeps_them(conn: psycopg.Connection[Any], granted: list[Any]) -> None:
    before = oids(conn)
    migrate(conn, loads(TWO, "pgcache.toml"))
    assert len(before - oids(conn)) >= 4, "some of them were made anew"
    assert conn.execute(PRIVILEGES).fetchall() == granted
    assert len(granted) == 2 * len(OBJECTS)
    assert make_plan(conn, loads(TWO, "pgcache.toml")).empty


def test_the_script_names_them(conn: psycopg.Connection[Any], role: str, granted: list[Any]) -> None:
    text = script(conn, loads(TWO, "pgcache.toml"))
    assert f'GRANT EXECUTE ON FUNCTION "public"."recompute_shop"(integer) TO "{role}";\n' in text
    assert f'GRANT SELECT ON TABLE "public"."shop_total" TO "{role}" WITH GRANT OPTION;\n' in text
    assert 'GRANT SELECT ON TABLE "pgcache"."shop_sold" TO PUBLIC;\n' in text


def test_what_was_revoked_meanwhile_stays_revoked(conn: psycopg.Connection[Any], granted: list[Any]) -> None:
    migrate(conn, loads(TWO, "pgcache.toml"))
    conn.execute("REVOKE ALL ON pgcache.shop_sold FROM PUBLIC")
    migrate(conn, loads(ONE, "pgcache.toml"))
    left = [row for row in granted if row[:2] != ("pgcache.shop_sold", "PUBLIC")]
    assert conn.execute(PRIVILEGES).fetchall() == left


def test_a_shipped_function_with_another_signature_keeps_them(conn: psycopg.Connection[Any], role: str) -> None:
    """As an upgrade finds it."""
    conn.execute(
        f"""DROP FUNCTION pgcache.compare(text);
            CREATE FUNCTION pgcache.compare(p_cache text, p_all boolean) RETURNS void LANGUAGE sql AS '';
            GRANT EXECUTE ON FUNCTION pgcache.compare TO "{role}";
            UPDATE pgcache.object
               SET declared = '', shape = 'older', installed = pgcache.object_text(kind, name, relation)
             WHERE name = 'pgcache.compare'""".encode()
    )
    migrate(conn, loads(ONE, "pgcache.toml"))
    allowed = conn.execute("SELECT has_function_privilege(%s, 'pgcache.compare(text)', 'EXECUTE')", [role])
    assert allowed.fetchone() == (True,)
