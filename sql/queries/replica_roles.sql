-- Whose sessions in this database begin with session_replication_role = replica, by settings of roles and databases.
SELECT concat_ws(' in ', coalesce('sessions of role ' || r.rolname, 'all sessions'), 'database ' || b.datname) AS sessions
  FROM pg_db_role_setting AS g
 CROSS JOIN LATERAL unnest(g.setconfig) AS s(setting)
  LEFT JOIN pg_roles AS r ON r.oid = g.setrole
  LEFT JOIN pg_database AS b ON b.oid = g.setdatabase
 WHERE s.setting = 'session_replication_role=replica' AND (g.setdatabase = 0 OR b.datname = current_database())
 ORDER BY 1
