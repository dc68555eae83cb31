CREATE OR REPLACE TRIGGER __trigger__ AFTER UPDATE ON __table__
    FOR EACH ROW WHEN (__when__) EXECUTE FUNCTION __function__();
