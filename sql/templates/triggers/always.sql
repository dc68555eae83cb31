-- Of a target whose sources have row triggers: the apply worker of logical replication must find it guarded and moving along, too.
ALTER TABLE __table__ ENABLE ALWAYS TRIGGER __trigger__;
