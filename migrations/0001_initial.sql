-- One set of migrations for both engines (PostgreSQL and SQLite): only TEXT and BIGINT, times as epoch milliseconds
-- (`_ms`), a flag is a nullable time. Every change is expand-then-contract.

-- Key rings. `sealed` is the key material under a master key of the environment.
CREATE TABLE keys (
    id            TEXT   NOT NULL PRIMARY KEY,
    ring          TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    sealed        TEXT   NOT NULL,
    created_at_ms BIGINT NOT NULL,
    changed_at_ms BIGINT NOT NULL
);
-- However many replicas start at once, one of them makes the ring's first key.
CREATE UNIQUE INDEX keys_one_active ON keys (ring) WHERE state = 'active';
CREATE UNIQUE INDEX keys_one_next ON keys (ring) WHERE state = 'next';

-- Work that one replica does for all, until its lease runs out.
CREATE TABLE leases (
    name     TEXT   NOT NULL PRIMARY KEY,
    holder   TEXT   NOT NULL,
    until_ms BIGINT NOT NULL
);

-- Clients that a person has approved at least once; registration itself writes nothing.
CREATE TABLE clients (
    id_hash              TEXT   NOT NULL PRIMARY KEY,
    client_id            TEXT   NOT NULL,
    metadata             TEXT   NOT NULL,
    first_approved_at_ms BIGINT NOT NULL,
    last_approved_at_ms  BIGINT NOT NULL
);

-- Peaka credentials of signed-in people; sessions and browsers point at them. `sealed` holds the token pair.
CREATE TABLE credentials (
    id             TEXT   NOT NULL PRIMARY KEY,
    subject        TEXT   NOT NULL,
    sealed         TEXT   NOT NULL,
    version        BIGINT NOT NULL,
    expires_at_ms  BIGINT NOT NULL,
    lease_until_ms BIGINT NOT NULL,
    dead_at_ms     BIGINT,
    created_at_ms  BIGINT NOT NULL
);

-- Browsers that are signed in to the gateway, by the hash of their cookie.
CREATE TABLE browsers (
    id_hash       TEXT   NOT NULL PRIMARY KEY,
    subject       TEXT   NOT NULL,
    email         TEXT   NOT NULL,
    name          TEXT,
    credential_id TEXT   NOT NULL,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);

CREATE INDEX browsers_expiry ON browsers (expires_at_ms);
CREATE INDEX browsers_credential ON browsers (credential_id);

-- Authorization requests from the moment their person goes on to sign in.
-- stage: pending -> returned -> signed_in -> approved -> exchanged; or denied.
CREATE TABLE authorizations (
    id_hash          TEXT   NOT NULL PRIMARY KEY,
    stage            TEXT   NOT NULL,
    client_id        TEXT   NOT NULL,
    request          TEXT   NOT NULL,
    browser_hash     TEXT   NOT NULL,
    login_verifier   TEXT,
    subject          TEXT,
    email            TEXT,
    name             TEXT,
    credential_id    TEXT,
    scopes           TEXT,
    projects         TEXT,
    code_hash        TEXT   UNIQUE,
    code_attempts    BIGINT NOT NULL,
    session_id       TEXT,
    created_at_ms    BIGINT NOT NULL,
    expires_at_ms    BIGINT NOT NULL
);
CREATE INDEX authorizations_expiry ON authorizations (expires_at_ms);

-- What a person approved for a client. `generation` is that of the one refresh token that advances the session.
CREATE TABLE sessions (
    id                 TEXT   NOT NULL PRIMARY KEY,
    subject            TEXT   NOT NULL,
    email              TEXT   NOT NULL,
    client_id          TEXT   NOT NULL,
    client_name        TEXT   NOT NULL,
    redirect_uri       TEXT   NOT NULL,
    scopes             TEXT   NOT NULL,
    projects           TEXT,
    resource           TEXT   NOT NULL,
    generation         BIGINT NOT NULL,
    credential_id      TEXT   NOT NULL,
    created_at_ms      BIGINT NOT NULL,
    refreshed_at_ms    BIGINT NOT NULL,
    idle_expires_at_ms BIGINT NOT NULL,
    expires_at_ms      BIGINT NOT NULL,
    revoked_at_ms      BIGINT,
    revoked_because    TEXT
);
CREATE INDEX sessions_subject ON sessions (subject);
CREATE INDEX sessions_credential ON sessions (credential_id);
CREATE INDEX sessions_expiry ON sessions (expires_at_ms);
CREATE INDEX sessions_revoked ON sessions (revoked_at_ms) WHERE revoked_at_ms IS NOT NULL;

-- What happened to whose session, through which client. Never a secret.
CREATE TABLE audit_events (
    id         TEXT   NOT NULL PRIMARY KEY,
    at_ms      BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    subject    TEXT,
    client_id  TEXT,
    session_id TEXT
);
CREATE INDEX audit_events_at ON audit_events (at_ms);
