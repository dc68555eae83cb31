-- Which server this is, which database, and whether it is a standby.
SELECT s.system_identifier, d.oid AS database, pg_is_in_recovery() AS standby
  FROM pg_control_system() AS s
  JOIN pg_database AS d ON d.datname = current_database()
