-- The amount of one of :rows transactions.
\set row random(1, :rows)
\set cents random(1, 100000)
UPDATE transaction SET amount = :cents::int / 100.0 WHERE id = numbered(:row::int);
