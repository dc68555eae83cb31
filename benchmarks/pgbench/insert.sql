-- One transaction of one of :accounts accounts.
\set account random(1, :accounts)
\set cents random(1, 100000)
INSERT INTO transaction (account_id, flow_type, amount)
VALUES (numbered(:account::int), 'income', :cents::int / 100.0);
