-- ALWAYS, so that the apply worker of logical replication, which fires row triggers alone, fires it too.
CREATE OR REPLACE TRIGGER __trigger__ AFTER INSERT ON __table__
    FOR EACH ROW EXECUTE FUNCTION __function__();
ALTER TABLE __table__ ENABLE ALWAYS TRIGGER __trigger__;
