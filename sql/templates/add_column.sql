ALTER TABLE __table__ ADD COLUMN __column__ record;
