-- The figures of closed months, which nothing else knows any more: pgcache creates the table and never drops it.
CREATE TABLE IF NOT EXISTS __closed__ (
    __closed_columns__ record,
    closed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_by text NOT NULL DEFAULT session_user,
    PRIMARY KEY (__account__, __month__)
);
COMMENT ON TABLE __closed__ IS __comment__;
