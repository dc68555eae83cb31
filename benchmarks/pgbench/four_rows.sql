-- Four rows for four of :accounts accounts, in any order, in one statement.
\set a random(1, :accounts)
\set b random(1, :accounts)
\set c random(1, :accounts)
\set d random(1, :accounts)
INSERT INTO transaction (account_id, flow_type, amount)
VALUES (numbered(:a::int), 'income', 1.25), (numbered(:b::int), 'income', 1.25),
       (numbered(:c::int), 'income', 1.25), (numbered(:d::int), 'income', 1.25);
