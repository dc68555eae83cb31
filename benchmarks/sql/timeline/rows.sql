-- A household's 14 accounts: account 1 with __busy__ transactions, the others with __others__ each, over the three years from 2023.
INSERT INTO account (name, opening_balance) SELECT n, n * 10 FROM generate_series(1, 14) AS n;
INSERT INTO transaction (account_id, flow_type, amount, date, status)
SELECT account.id, CASE WHEN n % 3 = 0 THEN 'income' ELSE 'outcome' END, (n % 997) / 100.0, day,
       CASE WHEN day <= '2025-06-15' THEN 'paid' ELSE 'forecast' END
  FROM account, generate_series(1, CASE account.name WHEN '1' THEN __busy__ ELSE __others__ END) AS n,
       LATERAL (SELECT date '2023-01-01' + n % 1096 AS day) AS d
