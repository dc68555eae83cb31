-- One transaction of one of :accounts accounts, with an id that is greater than all before.
\set account random(1, :accounts)
\set cents random(1, 100000)
INSERT INTO transaction (id, account_id, flow_type, amount)
VALUES (numbered(nextval('next_transaction')), numbered(:account::int), 'income', :cents::int / 100.0);
