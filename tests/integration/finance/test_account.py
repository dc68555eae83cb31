"""Accounts themselves: new ones, their opening balance, their key."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from tests.integration.finance.household import Household, migrate_finance


def test_a_new_account_starts_at_its_opening_balance(home: Household) -> None:
    account = home.value("INSERT INTO account (name, opening_balance) VALUES ('Cash', 12.50) RETURNING id")
    assert home.balance(account) == Decimal("12.50")
    home.run(
        "INSERT INTO transaction (account_id, flow_type, amount) VALUES (%(account)s, 'income', 1)",
        account=account,
    )
    assert home.balance(account) == Decimal("13.50")
    home.expect()


def test_a_new_account_without_opening_balance_starts_at_0(home: Household) -> None:
    assert home.balance(home.value("INSERT INTO account (name) VALUES ('Cash') RETURNING id")) == 0
    home.exact()


def test_returning_shows_the_opening_balance(home: Household) -> None:
    assert home.value(
        "INSERT INTO account (name, opening_balance) VALUES ('Cash', 12.50) RETURNING cached_balance"
    ) == Decimal("12.50")


def test_opening_balance_changes(home: Household) -> None:
    home.run("UPDATE account SET opening_balance = 150.25 WHERE id = %(everyday)s")
    home.expect(everyday="1075.25")
    home.run("UPDATE account SET opening_balance = opening_balance - 1")
    home.expect(everyday="1074.25", savings=-1)


def test_opening_balance_and_transaction_change_in_one_statement(home: Household) -> None:
    home.run(
        """WITH opened AS (UPDATE account SET opening_balance = 300 WHERE id = %(everyday)s)
           UPDATE transaction SET amount = 41 WHERE id = %(groceries)s"""
    )
    home.expect(everyday=1224, june=41, year=81)


def test_account_and_its_transaction_come_in_one_statement(home: Household) -> None:
    account = home.value(
        """WITH opened AS (
               INSERT INTO account (name, opening_balance) VALUES ('Cash', 20) RETURNING id
           )
           INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           SELECT id, %(food)s, 'outcome', 4, '2025-06-02' FROM opened RETURNING account_id"""
    )
    assert home.balance(account) == 16
    home.expect(june=44, year=84)


def test_account_and_its_transaction_come_in_one_statement_transaction_first(home: Household) -> None:
    """A CTE that the main query does not read is run after it."""
    home.run(
        """WITH opened AS (
               INSERT INTO account (id, name, opening_balance) VALUES (%(new)s, 'Cash', 20)
           )
           INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
           VALUES (%(new)s, %(food)s, 'outcome', 4, '2025-06-02')""",
        new=UUID(int=99),
    )
    assert home.balance(UUID(int=99)) == 16
    home.expect(june=44, year=84)


def test_a_transaction_comes_before_its_account(home: Household) -> None:
    """Migrate reads the foreign keys: whoever loosens one migrates again."""
    home.run("ALTER TABLE transaction ALTER CONSTRAINT transaction_account_id_fkey DEFERRABLE INITIALLY DEFERRED")
    migrate_finance(home.conn)
    with home.conn.transaction():
        home.run(
            """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
               VALUES (%(new)s, %(food)s, 'outcome', 4, '2025-06-02')""",
            new=UUID(int=99),
        )
        home.run("INSERT INTO account (id, name, opening_balance) VALUES (%(new)s, 'Cash', 20)", new=UUID(int=99))
        assert home.balance(UUID(int=99)) == 16
        home.run("UPDATE transaction SET amount = 5 WHERE account_id = %(new)s", new=UUID(int=99))
    assert home.balance(UUID(int=99)) == 15
    home.expect(june=45, year=85)


def test_an_account_goes_and_comes_back_while_its_transactions_stay(home: Household) -> None:
    home.run("ALTER TABLE transaction DROP CONSTRAINT transaction_account_id_fkey")
    migrate_finance(home.conn)
    home.run("DELETE FROM account WHERE id = %(everyday)s")
    home.run("UPDATE transaction SET amount = 41 WHERE id = %(groceries)s")
    home.run("INSERT INTO account (id, name, opening_balance) VALUES (%(everyday)s, 'Everyday', 3)")
    home.expect(everyday=927, june=41, year=81)


def test_an_account_is_renamed_and_closed(home: Household) -> None:
    home.run("UPDATE account SET name = name || '!', closed_at = now()")
    home.expect()


def test_the_key_of_an_account_without_transactions_changes(home: Household) -> None:
    new = home.value(
        """UPDATE account SET id = gen_random_uuid(), opening_balance = 5
           WHERE id = %(savings)s RETURNING id"""
    )
    assert home.balance(new) == 5
    home.expect(savings=None)


def test_the_key_of_an_account_changes_with_its_transactions_in_one_statement(home: Household) -> None:
    new = home.value(
        """WITH moved AS (
               UPDATE transaction SET account_id = '00000000-0000-0000-0000-0000000000ff'
               WHERE account_id = %(everyday)s
           )
           UPDATE account SET id = '00000000-0000-0000-0000-0000000000ff'
           WHERE id = %(everyday)s RETURNING id"""
    )
    assert home.balance(new) == 1025
    home.expect(everyday=None)


def test_the_key_of_an_account_changes_and_cascades(home: Household) -> None:
    home.run(
        """ALTER TABLE transaction DROP CONSTRAINT transaction_account_id_fkey,
               ADD FOREIGN KEY (account_id) REFERENCES account (id) ON UPDATE CASCADE"""
    )
    new = home.value("UPDATE account SET id = gen_random_uuid() WHERE id = %(everyday)s RETURNING id")
    assert home.balance(new) == 1025
    home.expect(everyday=None)


def test_an_account_goes_and_comes_back_in_one_transaction(home: Household) -> None:
    with home.conn.transaction():
        home.run("DELETE FROM account WHERE id = %(everyday)s")
        home.run("INSERT INTO account (id, name, opening_balance) VALUES (%(everyday)s, 'Everyday', 3)")
        home.run(
            """INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
               VALUES (%(everyday)s, %(fun)s, 'outcome', 1, '2025-06-01')"""
        )
    home.expect(everyday=2, june=0, year=1)
