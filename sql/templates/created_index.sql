-- Lists the rows of a created target in the order of a measure. Another measure may have been declared before.
DROP INDEX IF EXISTS __qualified__;
CREATE INDEX __index__ ON __target__ (__column__) WHERE __column__ <> 0;
