-- One transaction of one of :accounts accounts, in a category that a budget tracks, within its period.
\set account random(1, :accounts)
\set category random(1, 100)
\set day random(0, 30)
INSERT INTO transaction (account_id, category_id, flow_type, amount, date)
VALUES (numbered(:account::int), numbered(:category::int), 'outcome', 1.25, date '2025-01-01' + :day::int);
