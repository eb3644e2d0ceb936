-- Decisions that a person wants to be remembered, one for each person, client and web origin that codes go to.
-- `metadata_hash`: what the client told of itself then; one that tells something else is asked about again.
CREATE TABLE remembered_consents (
    id_hash         TEXT   NOT NULL PRIMARY KEY,
    subject         TEXT   NOT NULL,
    email           TEXT   NOT NULL,
    client_id       TEXT   NOT NULL,
    redirect_origin TEXT   NOT NULL,
    metadata_hash   TEXT   NOT NULL,
    asked           TEXT   NOT NULL,
    scopes          TEXT   NOT NULL,
    projects        TEXT,
    created_at_ms   BIGINT NOT NULL,
    expires_at_ms   BIGINT NOT NULL
);
CREATE INDEX remembered_consents_subject ON remembered_consents (subject);
CREATE INDEX remembered_consents_expiry ON remembered_consents (expires_at_ms);

-- The key that a session's tokens are bound to (RFC 9449), as the thumbprint of RFC 7638.
ALTER TABLE sessions ADD COLUMN key_thumbprint TEXT;
