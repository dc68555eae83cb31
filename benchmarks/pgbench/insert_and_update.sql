-- The same, where the application keeps the balance: what the event of an object mapper emits.
\set account random(1, :accounts)
\set cents random(1, 100000)
BEGIN;
INSERT INTO transaction (account_id, flow_type, amount)
VALUES (numbered(:account::int), 'income', :cents::int / 100.0);
UPDATE account SET cached_balance = cached_balance + :cents::int / 100.0 WHERE id = numbered(:account::int);
COMMIT;
