-- The outbox: submissions, the delivery of each, and every attempt. Times are milliseconds since 1970 UTC.

CREATE TABLE submissions (
    id INTEGER PRIMARY KEY,
    receipt TEXT NOT NULL UNIQUE,
    form TEXT NOT NULL,
    form_version INTEGER NOT NULL,
    locale TEXT NOT NULL,
    account TEXT NOT NULL,
    -- NULL once the visitor has sent a corrected submission under the same key.
    idempotency_key TEXT,
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    source_json TEXT NOT NULL,
    values_json TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    UNIQUE (form, idempotency_key)
) STRICT;

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    submission INTEGER NOT NULL UNIQUE REFERENCES submissions (id),
    account TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'leased', 'delivered', 'held', 'dead_letter', 'replaced')),
    due_at INTEGER NOT NULL,
    -- Raised with every lease: a write that names an older one does nothing.
    fence INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT,
    lease_until INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    doubts INTEGER NOT NULL DEFAULT 0,
    -- Why the last attempt ended as it did: a code, never a partner's text.
    reason TEXT,
    -- The partner's own id for the lead.
    reference TEXT,
    -- What the partner refused, by form field: codes, never values.
    fields_json TEXT NOT NULL DEFAULT '[]',
    changed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX deliveries_waiting ON deliveries (account, due_at, id) WHERE state = 'waiting';
CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE state = 'leased';

CREATE TABLE attempts (
    delivery INTEGER NOT NULL REFERENCES deliveries (id),
    number INTEGER NOT NULL,
    -- 'sending' is committed before the first byte leaves.
    state TEXT NOT NULL CHECK (
        state IN ('sending', 'delivered', 'not_sent', 'throttled', 'rejected', 'credential', 'in_doubt')
    ),
    why TEXT,
    status INTEGER,
    request_digest TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    PRIMARY KEY (delivery, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE paused_accounts (
    account TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    paused_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
