-- A table as it will be, to read its columns' types; always rolled back.
CREATE TEMPORARY TABLE __alias__ (__columns__ record);
