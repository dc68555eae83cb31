-- A generated column must be IMMUTABLE and of this row alone: the very rules that a contribution must obey.
ALTER TABLE pg_temp.__alias__ ADD COLUMN __column__ __type__ GENERATED ALWAYS AS (__expression__) STORED;
