INSERT INTO pgcache.setting (name, value) VALUES (__name__, __value__)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
