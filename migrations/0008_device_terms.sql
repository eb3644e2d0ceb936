-- A device's session ends when its person said, and tells from what kind of device it was allowed, as others do. The version
-- before knows neither and lets it live as long as is configured.
ALTER TABLE device_authorizations ADD COLUMN session_seconds BIGINT;
ALTER TABLE device_authorizations ADD COLUMN device TEXT;
