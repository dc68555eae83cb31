CREATE OR REPLACE TRIGGER __trigger__ BEFORE INSERT OR UPDATE OR DELETE ON __table__
    FOR EACH STATEMENT EXECUTE FUNCTION pgcache.statement_opens(__setting__, __part__);
