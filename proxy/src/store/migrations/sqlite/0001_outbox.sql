-- The outbox: submissions, the delivery of each, every attempt, and the gate of each account. Times are milliseconds since
-- 1970 UTC.

CREATE TABLE submissions (
    id INTEGER PRIMARY KEY,
    receipt TEXT NOT NULL UNIQUE,
    form TEXT NOT NULL,
    form_version INTEGER NOT NULL,
    locale TEXT NOT NULL,
    account TEXT NOT NULL,
    -- NULL once the visitor has sent a corrected submission under the same key.
    idempotency_key TEXT,
    -- Keyed hashes: that two submissions hold the same, and that two are of one person.
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
    person BLOB CHECK (length(person) = 32),
    -- An earlier submission of the same person to the same account.
    duplicate_of INTEGER REFERENCES submissions (id),
    -- Values, source and purpose under the data key; the data key under the operator's key of this id. Empty once erased.
    key_id TEXT NOT NULL,
    data_key BLOB NOT NULL,
    sealed BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    UNIQUE (form, idempotency_key)
) STRICT;

CREATE INDEX submissions_person ON submissions (account, person, received_at) WHERE person IS NOT NULL;

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    submission INTEGER NOT NULL UNIQUE REFERENCES submissions (id),
    account TEXT NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('waiting', 'leased', 'delivered', 'held', 'dead_letter', 'replaced', 'merged', 'dropped')
    ),
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
CREATE INDEX deliveries_left ON deliveries (state, id) WHERE state IN ('held', 'dead_letter', 'merged');

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

CREATE TABLE account_gates (
    account TEXT PRIMARY KEY,
    -- Why it is closed; NULL while it is open.
    cause TEXT CHECK (cause IN ('broken', 'paused', 'stopped')),
    reason TEXT,
    since INTEGER,
    -- When one lead may go, to see whether things are mended.
    probe_at INTEGER,
    -- Attempts in a row that the partner did not answer.
    failures INTEGER NOT NULL DEFAULT 0,
    -- Up to when the rate is used, in microseconds since 1970.
    flow_us INTEGER NOT NULL,
    -- Nothing goes before this: the partner has asked for it.
    wait_until INTEGER NOT NULL,
    -- Tells, after the clock was set back, by how much.
    changed_at INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
