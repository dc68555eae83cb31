UPDATE pgcache.setting AS s SET value = '' WHERE s.name = 'time_zone';
