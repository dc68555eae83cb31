ALTER TABLE __relation__ DISABLE TRIGGER __name__;
