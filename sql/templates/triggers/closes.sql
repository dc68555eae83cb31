CREATE OR REPLACE TRIGGER __trigger__ AFTER INSERT OR UPDATE OR DELETE ON __table__
    FOR EACH STATEMENT EXECUTE FUNCTION pgcache.statement_closes(__setting__, __part__);
