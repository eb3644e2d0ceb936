-- no-transaction
-- Clients that nobody has approved for long: sweeping them would otherwise read every client there is, every few seconds.
CREATE INDEX CONCURRENTLY IF NOT EXISTS clients_last_approved ON clients (last_approved_at_ms);
