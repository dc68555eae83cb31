-- A target of pgcache's own: its rows come with the first contribution to their key, and stay when it goes back to 0 (those of a
-- deferred cache go with the figures).
-- The fillfactor leaves room for updates within the page.
CREATE TABLE IF NOT EXISTS __target__ (
    __columns__ record,
    PRIMARY KEY (__key_columns__)
) WITH (fillfactor = 80);
COMMENT ON TABLE __target__ IS __comment__;
