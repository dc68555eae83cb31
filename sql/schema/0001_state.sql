-- The state of pgcache: what is installed, what was run, what drifted. Never edited once released.

CREATE TABLE pgcache.setting (
    name  text PRIMARY KEY,
    value text NOT NULL
);
COMMENT ON TABLE pgcache.setting IS 'What the declaration says outside of any cache, such as time_zone.';

CREATE TABLE pgcache.cache (
    name         text PRIMARY KEY,
    target       text NOT NULL,
    key_columns  text[] NOT NULL,
    measures     text[] NOT NULL,
    mode         text NOT NULL CHECK (mode IN ('immediate', 'nowait', 'deferred')),
    guard        text NOT NULL CHECK (guard IN ('off', 'ignore', 'log', 'reject')),
    threshold    numeric NOT NULL CHECK (threshold >= 0),
    relative_threshold numeric NOT NULL CHECK (relative_threshold >= 0),
    action       text NOT NULL CHECK (action IN ('correct', 'review', 'alert')),
    max_corrections text CHECK (max_corrections ~ '^[0-9]+([.][0-9]+%|%)?$'),
    sources      text[] NOT NULL,
    pending      text[] NOT NULL DEFAULT '{}',
    rollover     text,
    timeline     text,
    refresh_every interval,
    installed_at timestamptz NOT NULL DEFAULT now(),
    backfilled_at timestamptz,
    mended       text[]
);
COMMENT ON TABLE pgcache.cache IS 'The declared caches as they are installed.';
COMMENT ON COLUMN pgcache.cache.target IS 'The target table, qualified and quoted.';
COMMENT ON COLUMN pgcache.cache.relative_threshold IS 'As a fraction of the computed value: 0.001 is 0.1 %. A drift raises an alarm where it is greater than both thresholds.';
COMMENT ON COLUMN pgcache.cache.max_corrections IS 'How many keys one pass may correct, or which share of them ("5%"); where more drifted, it corrects none. Null: any.';
COMMENT ON COLUMN pgcache.cache.sources IS 'The source and mapping tables, qualified and quoted.';
COMMENT ON COLUMN pgcache.cache.pending IS 'What the names of its tables of pending deltas have after its own; none unless its mode is nowait.';
COMMENT ON COLUMN pgcache.cache.rollover IS 'The function that steps the periods on, qualified and quoted.';
COMMENT ON COLUMN pgcache.cache.timeline IS 'The function that gives the net worth by month, qualified and quoted.';
COMMENT ON COLUMN pgcache.cache.refresh_every IS 'How often a deferred cache is to be refreshed, as declared.';
COMMENT ON COLUMN pgcache.cache.backfilled_at IS 'When the last backfill ended; null while one is due.';
COMMENT ON COLUMN pgcache.cache.mended IS 'The damage to its triggers and functions that migrate mended: what the backfill then corrects is logged as drift.';

CREATE TABLE pgcache.object (
    kind      text NOT NULL CHECK (kind IN ('function', 'table', 'trigger', 'view')),
    name      text NOT NULL,
    relation  text NOT NULL DEFAULT '',
    cache     text,
    position  integer NOT NULL,
    shape     text NOT NULL DEFAULT '',
    declared  text NOT NULL,
    installed text NOT NULL,
    PRIMARY KEY (kind, name, relation)
);
COMMENT ON TABLE pgcache.object IS 'Every object that pgcache installed, in the order of its making.';
COMMENT ON COLUMN pgcache.object.relation IS 'The table of a trigger, else empty.';
COMMENT ON COLUMN pgcache.object.cache IS 'The cache that it belongs to; null for what pgcache ships.';
COMMENT ON COLUMN pgcache.object.shape IS 'What CREATE OR REPLACE cannot change: the result of a function, the columns of a view.';
COMMENT ON COLUMN pgcache.object.declared IS 'The statements that made it.';
COMMENT ON COLUMN pgcache.object.installed IS 'What the database said of it just then: another text now means that somebody changed it.';

CREATE SEQUENCE pgcache.run_id;
COMMENT ON SEQUENCE pgcache.run_id IS 'Numbers runs; one run may cover several caches.';

CREATE TABLE pgcache.run (
    id             bigint NOT NULL,
    cache          text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('backfill', 'check', 'reconcile', 'recompute', 'refresh', 'rollover')),
    threshold      numeric NOT NULL DEFAULT 0,
    relative_threshold numeric NOT NULL DEFAULT 0,
    action         text NOT NULL DEFAULT 'correct' CHECK (action IN ('correct', 'review', 'alert')),
    max_corrections text,
    held           boolean NOT NULL DEFAULT false,
    started_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at    timestamptz,
    started_by     text NOT NULL DEFAULT session_user,
    snapshot       pg_snapshot,
    evidence       jsonb,
    logged         boolean NOT NULL DEFAULT true,
    read_upto      jsonb,
    judged_at      timestamptz,
    position       bigint NOT NULL DEFAULT 0,
    checked        bigint NOT NULL DEFAULT 0,
    drifted        bigint NOT NULL DEFAULT 0,
    over_threshold bigint NOT NULL DEFAULT 0,
    corrected      bigint NOT NULL DEFAULT 0,
    failed         bigint NOT NULL DEFAULT 0,
    pending_review bigint NOT NULL DEFAULT 0,
    max_abs_drift  numeric NOT NULL DEFAULT 0,
    PRIMARY KEY (id, cache)
);
CREATE INDEX run_by_cache ON pgcache.run (cache, started_at);
COMMENT ON TABLE pgcache.run IS 'Every backfill, reconcile, refresh and rollover, one row for each cache; finished_at stays null where it was interrupted.';
COMMENT ON COLUMN pgcache.run.held IS 'More keys had drifted than max_corrections allows to correct, so none was.';
COMMENT ON COLUMN pgcache.run.snapshot IS 'A snapshot no newer than the one in which the drift was read.';
COMMENT ON COLUMN pgcache.run.evidence IS 'What could make drift when it began, see pgcache.witness; with "mended", what migrate had just mended.';
COMMENT ON COLUMN pgcache.run.logged IS 'Whether what differs is drift, to be logged: not where a new or changed cache is filled.';
COMMENT ON COLUMN pgcache.run.kind IS 'A reconcile looks at every key, a check at some.';
COMMENT ON COLUMN pgcache.run.read_upto IS 'The last key that was read, where a pass goes range by range; null before the first range, and after the last.';
COMMENT ON COLUMN pgcache.run.judged_at IS 'When all was read, and it was decided what is done about it; null before.';
COMMENT ON COLUMN pgcache.run.position IS 'How many of the drifted keys have been dealt with.';

CREATE TABLE pgcache.found (
    cache    text NOT NULL,
    ordinal  bigint NOT NULL,
    key      jsonb NOT NULL,
    cached   numeric[] NOT NULL,
    computed numeric[] NOT NULL,
    PRIMARY KEY (cache, ordinal)
);
COMMENT ON TABLE pgcache.found IS 'The keys that the running pass over a cache has found to differ. Emptied when it ends, and when another one begins.';

CREATE TABLE pgcache.drift (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id       bigint NOT NULL,
    first_run_id bigint NOT NULL,
    cache        text NOT NULL,
    key          jsonb NOT NULL,
    measure      text NOT NULL,
    cached       numeric,
    computed     numeric,
    drift        numeric NOT NULL,
    written_in   xid8,
    found_before xid8 NOT NULL DEFAULT pg_snapshot_xmax(pg_current_snapshot()),
    over_threshold boolean NOT NULL,
    status       text NOT NULL CHECK (status IN
        ('detected', 'below_threshold', 'alerted', 'pending_review', 'corrected', 'rejected', 'superseded', 'vanished')),
    first_seen   timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen    timestamptz NOT NULL DEFAULT clock_timestamp(),
    resolved_at  timestamptz,
    resolved_by  text,
    decision     text CHECK (decision IN ('approved', 'rejected')),
    decided_at   timestamptz,
    decided_by   text
);
CREATE UNIQUE INDEX drift_open ON pgcache.drift (cache, key, measure) WHERE resolved_at IS NULL;
CREATE INDEX drift_by_key ON pgcache.drift (cache, key, resolved_at);
CREATE INDEX drift_by_run ON pgcache.drift (run_id, cache);
COMMENT ON TABLE pgcache.drift IS 'Every discrepancy that was found, and what became of it.';
COMMENT ON COLUMN pgcache.drift.run_id IS 'The last run that found it, or the recompute that corrected it.';
COMMENT ON COLUMN pgcache.drift.first_run_id IS 'The run that found it first.';
COMMENT ON COLUMN pgcache.drift.key IS 'The key columns with their values as text: {"id": "42"}.';
COMMENT ON COLUMN pgcache.drift.drift IS 'computed - cached, both read in one snapshot; a cached null counts as 0.';
COMMENT ON COLUMN pgcache.drift.written_in IS 'The transaction that had written the target row last when the drift was found.';
COMMENT ON COLUMN pgcache.drift.found_before IS 'Transactions from this one on began after the drift was found.';
COMMENT ON COLUMN pgcache.drift.status IS 'A rejected drift is open still, since it is there: until another one is found, or none.';
COMMENT ON COLUMN pgcache.drift.decision IS 'What somebody decided about it, pgcache.approve or pgcache.reject.';

CREATE TABLE pgcache.repair (
    cache       text NOT NULL,
    key         jsonb,
    repaired_in xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX repair_by_key ON pgcache.repair (cache, key);
COMMENT ON TABLE pgcache.repair IS
    'Keys that were made exact, or whose row has gone (null: all keys of the cache), and in which transaction: a pass that read their drift before must not apply it any more. Emptied when a pass begins.';

CREATE TABLE pgcache.dirty (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cache     text NOT NULL,
    key       jsonb NOT NULL,
    marked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    error     text
);
CREATE INDEX dirty_by_cache ON pgcache.dirty (cache, id);
COMMENT ON TABLE pgcache.dirty IS
    'Keys to recompute: their writer ran at REPEATABLE READ or SERIALIZABLE and could not see every row that counts. No unique constraint: a mark must never wait. Deferred caches have tables of their own.';
COMMENT ON COLUMN pgcache.dirty.error IS 'Why the last refresh could not recompute it.';

COMMENT ON COLUMN pgcache.run.failed IS 'How many keys could not be computed; they stay marked, with the error.';

CREATE TABLE pgcache.slot (
    cache   text NOT NULL,
    slot    integer NOT NULL,
    changes bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (cache, slot)
) WITH (fillfactor = 50);
COMMENT ON TABLE pgcache.slot IS
    'One row for each advisory slot of a cache with a mapping. Mappers update it, so that a writer whose snapshot is older fails instead of missing the mapping.';

CREATE TABLE pgcache.write (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cache            text NOT NULL,
    key              jsonb NOT NULL,
    event            text NOT NULL,
    cached           numeric[] NOT NULL,
    written          numeric[] NOT NULL,
    written_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    written_by       text NOT NULL DEFAULT session_user,
    application_name text NOT NULL DEFAULT current_setting('application_name'),
    client_addr      inet DEFAULT inet_client_addr(),
    query            text NOT NULL DEFAULT current_query()
);
CREATE INDEX write_by_key ON pgcache.write (cache, key);
COMMENT ON TABLE pgcache.write IS 'Values that were written into cached columns by hand, where the guard is "log".';
