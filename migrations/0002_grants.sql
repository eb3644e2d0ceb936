-- Clients that an operator registered by command. `entry` is the client in the form of the clients file, without secrets;
-- `secret_hash` is keyed, `sealed_api_key` is the Peaka API key that a machine client acts with.
CREATE TABLE operator_clients (
    id             TEXT   NOT NULL PRIMARY KEY,
    entry          TEXT   NOT NULL,
    secret_hash    TEXT,
    sealed_api_key TEXT,
    created_at_ms  BIGINT NOT NULL
);

-- Of sessions that begin without a person at a browser, one goes on for as long as the same is asked for: `reuse_key` is
-- the hash of who asks for what. It is taken away from a session that is over.
ALTER TABLE sessions ADD COLUMN reuse_key TEXT;
CREATE UNIQUE INDEX sessions_reuse ON sessions (reuse_key);

-- Who signed in with an e-mail address, in whatever case. An index entry must not grow without bound.
CREATE INDEX sessions_email ON sessions (substr(lower(email), 1, 320));
CREATE INDEX browsers_email ON browsers (substr(lower(email), 1, 320));

-- Assertions of enterprises that were accepted, until they would not be accepted any more.
CREATE TABLE used_assertions (
    id_hash       TEXT   NOT NULL PRIMARY KEY,
    expires_at_ms BIGINT NOT NULL
);
CREATE INDEX used_assertions_expiry ON used_assertions (expires_at_ms);

-- Requests of devices without a browser. stage: pending -> approved -> exchanged; or denied.
CREATE TABLE device_authorizations (
    id_hash        TEXT   NOT NULL PRIMARY KEY,
    user_code_hash TEXT   NOT NULL UNIQUE,
    stage          TEXT   NOT NULL,
    client_id      TEXT   NOT NULL,
    request        TEXT   NOT NULL,
    subject        TEXT,
    email          TEXT,
    credential_id  TEXT,
    scopes         TEXT,
    projects       TEXT,
    session_id     TEXT,
    interval_ms    BIGINT NOT NULL,
    polled_at_ms   BIGINT,
    created_at_ms  BIGINT NOT NULL,
    expires_at_ms  BIGINT NOT NULL
);
CREATE INDEX device_authorizations_expiry ON device_authorizations (expires_at_ms);
