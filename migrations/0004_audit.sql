-- Audit events say how it ended, from where, which client by its name, and a few words more. The version before writes
-- none of these, so all may be absent.
ALTER TABLE audit_events ADD COLUMN outcome TEXT;
ALTER TABLE audit_events ADD COLUMN origin TEXT;
ALTER TABLE audit_events ADD COLUMN client_name TEXT;
ALTER TABLE audit_events ADD COLUMN detail TEXT;
CREATE INDEX audit_events_subject ON audit_events (subject, at_ms);
CREATE INDEX audit_events_session ON audit_events (session_id);
