-- The store's own secrets, each wrapped by the operator's key of this id; and when a lead's content was erased.

CREATE TABLE store_secrets (
    name TEXT PRIMARY KEY,
    key_id TEXT NOT NULL,
    sealed BYTEA NOT NULL
);

ALTER TABLE deliveries ADD COLUMN erased_at BIGINT;

CREATE INDEX deliveries_kept ON deliveries (changed_at)
WHERE erased_at IS NULL AND state IN ('delivered', 'replaced', 'dropped');
