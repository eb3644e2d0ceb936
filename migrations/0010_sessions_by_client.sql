-- no-transaction
-- Whose sessions a client has: listing and ending them would otherwise read every session there is.
CREATE INDEX CONCURRENTLY IF NOT EXISTS sessions_client ON sessions (client_id, created_at_ms);
