-- no-transaction
-- Who is told of events of a few kinds asks for those of a day, every other second.
CREATE INDEX CONCURRENTLY IF NOT EXISTS audit_events_kind ON audit_events (kind, at_ms);
