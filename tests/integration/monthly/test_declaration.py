"""The preset beside finance and on rows that are there already; what a declared timeline needs of a database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from pgcache import presets, resources
from pgcache.config import loads
from pgcache.errors import DeclarationError
from pgcache.migrate import migrate
from pgcache.plan import make_plan
from pgcache.schemas import expand
from tests.integration.monthly.conftest import declared
from tests.oracle.compare import assert_exact

ORACLES = ("account_balance", "budget_consumption", "account_month", "monthly_account_balance")


@pytest.mark.parametrize("names", [["finance", "monthly"], ["monthly", "finance"]])
def test_both_presets_share_their_tables(conn: psycopg.Connection[Any], names: list[str]) -> None:
    declaration = declared(*names)
    plan = make_plan(conn, declaration, with_tables=True)
    assert [group.name for group in plan.groups if group.name.startswith("tables")] == ["tables of finance"]
    migrate(conn, declaration, with_tables=True)
    assert make_plan(conn, declaration, with_tables=True).empty
    conn.execute("SET pgcache.today = '2025-06-15'")
    conn.execute(resources.sql("presets", "finance", "example.sql").encode())
    conn.execute(resources.sql("presets", "monthly", "example.sql").encode())
    assert_exact(conn, *ORACLES)
    conn.execute("UPDATE transaction SET amount = amount + 1, date = date + 20, status = 'unpaid' WHERE amount < 50")
    conn.execute("DELETE FROM account WHERE name = 'Savings'")
    assert_exact(conn, *ORACLES)


def test_a_database_with_rows_is_filled_in(conn: psycopg.Connection[Any]) -> None:
    conn.execute(resources.sql("presets", "finance", "tables.sql").encode())
    conn.execute(resources.sql("presets", "monthly", "example.sql").encode())
    migrate(conn, declared("monthly"))
    conn.execute("SET pgcache.today = '2025-06-15'")
    assert_exact(conn, "account_month", "monthly_account_balance")
    assert conn.execute("SELECT sum(entries) FROM account_month").fetchall() == [(Decimal(101),)]


def test_in_the_schemas_of_tenants(conn: psycopg.Connection[Any]) -> None:
    for schema in ("north", "south"):
        conn.execute(f"CREATE SCHEMA {schema}")
        conn.execute(f"SET search_path = {schema}")
        conn.execute(resources.sql("presets", "finance", "tables.sql").encode())
        conn.execute("INSERT INTO account (name, opening_balance) VALUES ('x', %s)", (len(schema) * 3,))
    conn.execute("RESET search_path")
    conn.execute("UPDATE south.account SET opening_balance = 20")
    migrate(conn, expand(conn, declared("monthly"), ["north", "south"]))
    for schema, worth in (("north", 15), ("south", 20)):
        assert conn.execute(f"SELECT {schema}.net_worth_at('2025-01-01')").fetchall() == [(worth,)]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('account = "account"', 'account = "akount"', "there is no table akount"),
        ('  key = "id"', '  key = "identity"', "table public.account has no column 'identity'"),
        ('  key = "id"', '  key = "name"', "key name is not unique in public.account; name its primary key"),
        ('  key = "id"', '  key = "name"', "public.account.name is text, but account_id is uuid; make them the same"),
        ('initial = "opening_balance"', 'initial = "name"', "initial (name) is text; it must be numeric or an integer"),
        ('active = "closed_at IS NULL"', 'active = "name"', "active (name) is text; it must be a condition"),
        ('active = "closed_at IS NULL"', 'active = "closed_at < now()"', "active (closed_at < now()) is not immutable"),
        ('  date = "date"', '  date = "status"', "date (status) is text; it must be a date"),
        (")::date", ")", "a timeline needs months that are dates, but month is timestamp without time zone"),
        (
            'view = "monthly_account_balance"',
            'view = "budget"',
            "pgcache is to create public.budget, but that is there",
        ),
        ('table = "account_month_closed"', 'table = "budget"', "pgcache is to create public.budget, but that is there"),
    ],
)
def test_what_does_not_fit_is_told(conn: psycopg.Connection[Any], old: str, new: str, problem: str) -> None:
    text = presets.declaration(["monthly"]).replace("  # closing = ", "  closing = ")
    assert text.count(old) == 1
    with pytest.raises(DeclarationError) as caught:
        make_plan(conn, loads(text.replace(old, new), "pgcache.toml"), with_tables=True)
    assert any(problem in found for found in caught.value.problems), caught.value.problems


def test_a_source_must_name_its_account(conn: psycopg.Connection[Any]) -> None:
    conn.execute(resources.sql("presets", "finance", "tables.sql").encode())
    conn.execute("CREATE TABLE batch (id uuid PRIMARY KEY, account_id uuid, month date)")
    text = presets.declaration(["monthly"]).replace(
        """  key = ["account_id", "date_trunc('month', date::timestamp)::date"]""",
        '  through = { table = "batch", on = { id = "transfer_id" }, key = ["account_id", "month"] }',
    )
    with pytest.raises(DeclarationError, match="a timeline needs sources that name their account themselves"):
        make_plan(conn, loads(text, "pgcache.toml"))
