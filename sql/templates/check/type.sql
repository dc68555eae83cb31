SELECT (__expression__) AS expression FROM pg_temp.__alias__ LIMIT 0;
