-- Whom a person keeps out: clients that an enterprise lets act for them, and that they have disconnected. Without this such
-- a client would be back with its next assertion. Expand-only: the version before knows nothing of it and goes on working.
CREATE TABLE kept_out (
    id_hash     TEXT   NOT NULL PRIMARY KEY,
    subject     TEXT   NOT NULL,
    client_id   TEXT   NOT NULL,
    client_name TEXT   NOT NULL,
    since_ms    BIGINT NOT NULL
);
CREATE INDEX kept_out_subject ON kept_out (subject);
