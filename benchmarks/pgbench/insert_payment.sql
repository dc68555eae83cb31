-- A payment of one of :accounts accounts.
\set account random(1, :accounts)
\set cents random(1, 100000)
INSERT INTO payment (account_id, amount) VALUES (numbered(:account::int), :cents::int / 100.0);
