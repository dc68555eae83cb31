-- A column that no cache reads, of one of :rows transactions.
\set row random(1, :rows)
UPDATE transaction SET description = 'Changed' WHERE id = numbered(:row::int);
