"""A hand-written value in a cached column: the preset's guard ignores it and lets the rest through."""

from __future__ import annotations

import pytest

from tests.integration.finance.household import Household

HAND_WRITTEN: dict[str, str] = {
    "a balance": "UPDATE account SET cached_balance = 999 WHERE id = %(everyday)s",
    "a balance, by its old value": "UPDATE account SET cached_balance = cached_balance + 1",
    "balances, of many rows": "UPDATE account SET cached_balance = 0",
    "a consumption": "UPDATE budget SET cached_consumption = 999 WHERE id = %(june)s",
    "null": "UPDATE account SET cached_balance = NULL",
    "upserted": """INSERT INTO account (id, name, opening_balance, cached_balance)
        VALUES (%(everyday)s, 'Everyday', 100, 7)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, cached_balance = excluded.cached_balance""",
    "a budget, upserted": """INSERT INTO budget (id, name, period_start, period_end, cached_consumption)
        VALUES (%(june)s, 'Food in June', '2025-06-01', '2025-06-30', 7)
        ON CONFLICT (id) DO UPDATE SET cached_consumption = excluded.cached_consumption""",
    "in a PL/pgSQL block": """DO $$ BEGIN
            UPDATE account SET cached_balance = 999;
            UPDATE budget SET cached_consumption = 999;
        END $$""",
}


@pytest.mark.parametrize("statement", HAND_WRITTEN.values(), ids=HAND_WRITTEN.keys())
def test_a_hand_written_value_is_ignored(home: Household, statement: str) -> None:
    home.run(statement)
    home.expect()


def test_a_whole_row_save_keeps_the_true_value_and_the_rest_of_the_save(home: Household) -> None:
    stale = home.run("SELECT name, opening_balance, cached_balance FROM account WHERE id = %(everyday)s")
    name, opening, cached = stale.fetchall()[0]
    home.run("UPDATE transaction SET amount = 41 WHERE id = %(groceries)s")
    home.run(
        """UPDATE account SET name = %(name)s, opening_balance = %(opening)s, cached_balance = %(cached)s
           WHERE id = %(everyday)s""",
        name=name + " (joint)",
        opening=opening + 10,
        cached=cached,
    )
    assert home.value("SELECT name FROM account WHERE id = %(everyday)s") == "Everyday (joint)"
    home.expect(everyday=1034, june=41, year=81)


def test_a_whole_row_save_of_a_budget_with_a_moved_period(home: Household) -> None:
    home.run(
        """UPDATE budget SET name = 'May', amount = 1, period_start = '2025-05-01', period_end = '2025-05-31',
                  cached_consumption = 40
           WHERE id = %(june)s"""
    )
    home.expect(june=25)


def test_new_rows_do_not_take_a_hand_written_value(home: Household) -> None:
    account = home.value(
        """INSERT INTO account (name, opening_balance, cached_balance)
           VALUES ('Cash', 20, 1234.56) RETURNING id"""
    )
    budget = home.value(
        """INSERT INTO budget (name, period_start, period_end, cached_consumption)
           VALUES ('New', '2025-06-01', '2025-06-30', 1234.56) RETURNING id"""
    )
    assert home.balance(account) == 20
    assert home.consumption(budget) == 0
    home.expect()


def test_copied_rows_do_not_take_a_hand_written_value(home: Household) -> None:
    with (
        home.conn.cursor() as cursor,
        cursor.copy("COPY account (name, opening_balance, cached_balance) FROM STDIN") as copy,
    ):
        copy.write_row(("Cash", "20", "1234.56"))
    assert home.value("SELECT cached_balance FROM account WHERE name = 'Cash'") == 20
    home.expect()


def test_a_trigger_of_the_user_cannot_write_a_cached_column_either(home: Household) -> None:
    home.conn.execute(
        """CREATE FUNCTION set_balance() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
               UPDATE public.account SET name = 'Written', cached_balance = 4711;
               RETURN NULL;
           END $$;
           CREATE TRIGGER aaa AFTER INSERT ON transaction FOR EACH ROW EXECUTE FUNCTION set_balance();
           CREATE TRIGGER zzz AFTER INSERT ON transaction FOR EACH STATEMENT EXECUTE FUNCTION set_balance()"""
    )
    home.run("INSERT INTO transaction (account_id, flow_type, amount) VALUES (%(savings)s, 'income', 5)")
    assert home.value("SELECT count(*) FROM account WHERE name = 'Written'") == 2
    home.expect(savings=5)


def test_not_even_one_that_runs_inside_the_update_of_the_engine(home: Household) -> None:
    home.conn.execute(
        """CREATE FUNCTION set_balance() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
               UPDATE public.account SET name = 'Written', cached_balance = 4711 WHERE name = 'Savings';
               RETURN NULL;
           END $$;
           CREATE TRIGGER zzz AFTER UPDATE ON account FOR EACH ROW EXECUTE FUNCTION set_balance()"""
    )
    home.run("UPDATE transaction SET amount = 41 WHERE id = %(groceries)s")
    assert home.value("SELECT name FROM account WHERE id = %(savings)s") == "Written"
    home.expect(everyday=1024, june=41, year=81)


@pytest.mark.parametrize("name", ["aaa", "zzz"])
def test_a_before_trigger_of_the_user_on_the_target_comes_before_or_after(home: Household, name: str) -> None:
    """Triggers run in the order of their names; what this one changes decides what the cached value must be."""
    home.conn.execute(
        f"""CREATE FUNCTION normalise() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
               IF TG_TABLE_NAME = 'account' THEN
                   NEW.opening_balance := round(NEW.opening_balance);
               ELSE
                   NEW.period_start := date_trunc('month', NEW.period_start::timestamp);
               END IF;
               RETURN NEW;
           END $$;
           CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON account FOR EACH ROW EXECUTE FUNCTION normalise();
           CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON budget FOR EACH ROW EXECUTE FUNCTION normalise()"""
    )
    home.run("UPDATE account SET opening_balance = 99.70 WHERE id = %(everyday)s")
    home.run("UPDATE account SET opening_balance = 7.20 WHERE id = %(savings)s")
    home.run("UPDATE budget SET period_start = '2025-05-31' WHERE id = %(june)s")
    home.run("INSERT INTO account (name, opening_balance) VALUES ('Cash', 1.50)")
    home.expect(savings=7, june=65)
