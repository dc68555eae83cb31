SELECT pgcache.settle(__cache__, __pending__);
