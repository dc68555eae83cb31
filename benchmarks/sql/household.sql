-- Accounts, categories and budgets, and transactions spread over some of them and over the three years from 2023. The accounts come
-- last, with their balances, so that their pages are as full as those of a table that was just loaded.
CREATE FUNCTION numbered(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN lpad(to_hex(n), 32, '0')::uuid;

CREATE SEQUENCE next_transaction START 1000000001;

INSERT INTO category (id, name) SELECT numbered(n), 'Category ' || n FROM generate_series(1, 100) AS n;

INSERT INTO budget (id, name, period_start, period_end, recurrence)
SELECT numbered(n), 'Budget ' || n, '2025-01-01', '2025-01-31', 'monthly' FROM generate_series(1, 50) AS n;

INSERT INTO budget_category (budget_id, category_id) SELECT numbered((n + 1) / 2), numbered(n) FROM generate_series(1, 100) AS n;

INSERT INTO transaction (id, account_id, category_id, flow_type, amount, date, status, description)
SELECT numbered(n),
       numbered(1 + n * 7919 % current_setting('benchmark.spread')::bigint),
       numbered(1 + n % 100),
       CASE WHEN n % 3 = 0 THEN 'income' ELSE 'outcome' END,
       (n % 99991) / 100.0,
       date '2023-01-01' + (n * 31 % 1096)::integer,
       CASE WHEN n % 10 = 0 THEN 'unpaid' ELSE 'paid' END,
       'Transaction ' || n
  FROM generate_series(1, current_setting('benchmark.rows')::bigint) AS n;

INSERT INTO account (id, name, cached_balance)
SELECT numbered(n), 'Account ' || n, coalesce(total, 0)
  FROM generate_series(1, current_setting('benchmark.accounts')::bigint) AS n
  LEFT JOIN (SELECT account_id, sum(CASE flow_type WHEN 'income' THEN amount ELSE -amount END) AS total
               FROM transaction
              WHERE deleted_at IS NULL
              GROUP BY account_id) AS t ON t.account_id = numbered(n);
