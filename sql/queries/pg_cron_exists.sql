SELECT to_regnamespace('cron') IS NOT NULL AND to_regclass('cron.job') IS NOT NULL AS found
