-- Re-sealing. Which master key a stored key lies under, by its fingerprint; NULL where the version before stored it.
ALTER TABLE keys ADD COLUMN master TEXT;

-- What still lies under an older sealing key. Sealed text begins with the key's id: 8 bytes, of which the first ten
-- characters of base64url hold all but four bits.
CREATE INDEX credentials_sealing_key ON credentials (substr(sealed, 1, 10), id);
