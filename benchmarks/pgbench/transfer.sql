-- From one of :accounts accounts to another: two rows, one statement.
\set one random(1, :accounts)
\set other random(1, :accounts)
\set cents random(1, 100000)
INSERT INTO transaction (account_id, flow_type, amount, transfer_id)
SELECT numbered(t.account), t.flow, :cents::int / 100.0, t.id
  FROM (SELECT gen_random_uuid() AS id) AS m, LATERAL (VALUES (:one::int, 'outcome', m.id), (:other::int, 'income', m.id)) AS t (account, flow, id);
