DROP TRIGGER IF EXISTS __name__ ON __relation__;
