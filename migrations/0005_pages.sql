-- What the pages for people need. Expand-only: the version before knows nothing of these and goes on working.

-- Sign-ins at Peaka that no client asked for: a person wants to see their connected apps. They go by the hash of `state`,
-- and are taken once.
CREATE TABLE sign_ins (
    id_hash        TEXT   NOT NULL PRIMARY KEY,
    browser_hash   TEXT   NOT NULL,
    login_verifier TEXT   NOT NULL,
    expires_at_ms  BIGINT NOT NULL
);
CREATE INDEX sign_ins_expiry ON sign_ins (expires_at_ms);

-- How often a session was used, by day (since the epoch) and tool; an empty tool means that the client did not say which.
CREATE TABLE calls (
    session_id TEXT   NOT NULL,
    day        BIGINT NOT NULL,
    tool       TEXT   NOT NULL,
    calls      BIGINT NOT NULL,
    last_at_ms BIGINT NOT NULL,
    PRIMARY KEY (session_id, day, tool)
);
CREATE INDEX calls_last ON calls (last_at_ms);

-- How long the person lets the client in, and from which kind of device they did.
ALTER TABLE authorizations ADD COLUMN session_seconds BIGINT;
ALTER TABLE authorizations ADD COLUMN device TEXT;
ALTER TABLE sessions ADD COLUMN device TEXT;

-- What became of telling an operator's webhook of an event of table `audit_events`; an event without a row waits to be told.
CREATE TABLE webhook_deliveries (
    event_id   TEXT   NOT NULL PRIMARY KEY,
    attempts   BIGINT NOT NULL,
    next_at_ms BIGINT NOT NULL,
    done_at_ms BIGINT
);
CREATE INDEX webhook_deliveries_next ON webhook_deliveries (next_at_ms);
