SELECT pgcache.record_object(__kind__, __name__, __relation__, __cache__, __position__, __shape__, __declared__);
