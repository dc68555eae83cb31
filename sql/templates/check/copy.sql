-- An empty copy of a table under the same name, to try expressions on; always rolled back.
CREATE TEMPORARY TABLE __alias__ (LIKE __relation__);
