CREATE INDEX IF NOT EXISTS __index__ ON __table__ (__columns__) WHERE __condition__;
