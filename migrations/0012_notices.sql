-- What becomes of telling people of an event of table `audit_events` by mail, as `webhook_deliveries` is for an operator's
-- webhook; and the language in which a person is told. Expand-only: the version before knows nothing of these and goes on
-- working.
CREATE TABLE mail_deliveries (
    event_id   TEXT   NOT NULL PRIMARY KEY,
    attempts   BIGINT NOT NULL,
    next_at_ms BIGINT NOT NULL,
    done_at_ms BIGINT
);
CREATE INDEX mail_deliveries_next ON mail_deliveries (next_at_ms);

-- What the pages spoke when a person last decided on one of them: a tag such as `tr`.
CREATE TABLE languages (
    subject     TEXT   NOT NULL PRIMARY KEY,
    tag         TEXT   NOT NULL,
    noted_at_ms BIGINT NOT NULL
);
CREATE INDEX languages_noted ON languages (noted_at_ms);
