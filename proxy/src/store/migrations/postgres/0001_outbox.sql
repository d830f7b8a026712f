-- The outbox: submissions, the delivery of each, every attempt, and the gate of each account. Times are milliseconds since
-- 1970 UTC, by the database's clock.

CREATE TABLE submissions (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    receipt TEXT NOT NULL UNIQUE,
    form TEXT NOT NULL,
    form_version BIGINT NOT NULL,
    locale TEXT NOT NULL,
    account TEXT NOT NULL,
    -- NULL once the visitor has sent a corrected submission under the same key.
    idempotency_key TEXT,
    -- Keyed hashes: that two submissions hold the same, and that two are of one person.
    fingerprint BYTEA NOT NULL CHECK (length(fingerprint) = 32),
    person BYTEA CHECK (length(person) = 32),
    -- An earlier submission of the same person to the same account.
    duplicate_of BIGINT,
    -- Values, source and purpose under the data key; the data key under the operator's key of this id. Empty once erased.
    key_id TEXT NOT NULL,
    data_key BYTEA NOT NULL,
    sealed BYTEA NOT NULL,
    received_at BIGINT NOT NULL,
    CONSTRAINT submissions_key UNIQUE (form, idempotency_key)
);

CREATE INDEX submissions_person ON submissions (account, person, received_at) WHERE person IS NOT NULL;

-- Sealed bytes do not get smaller by being packed.
ALTER TABLE submissions ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- A delivery has its submission's number, so that a lead costs one index less. No foreign key either: one statement writes
-- both rows, and a look at the other row would cost each lead as much as two more indexes.
CREATE TABLE deliveries (
    id BIGINT PRIMARY KEY,
    account TEXT NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('waiting', 'leased', 'delivered', 'held', 'dead_letter', 'replaced', 'merged', 'dropped')
    ),
    due_at BIGINT NOT NULL,
    -- Raised with every lease: a write that names an older one does nothing.
    fence BIGINT NOT NULL DEFAULT 0,
    lease_owner TEXT,
    lease_until BIGINT,
    attempts BIGINT NOT NULL DEFAULT 0,
    doubts BIGINT NOT NULL DEFAULT 0,
    -- Why the last attempt ended as it did: a code, never a partner's text.
    reason TEXT,
    -- The partner's own id for the lead.
    reference TEXT,
    -- What the partner refused, by form field: codes, never values.
    fields_json TEXT NOT NULL DEFAULT '[]',
    changed_at BIGINT NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

CREATE INDEX deliveries_waiting ON deliveries (account, due_at, id) WHERE state = 'waiting';
CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE state = 'leased';
CREATE INDEX deliveries_left ON deliveries (state, id) WHERE state IN ('held', 'dead_letter', 'merged');

CREATE TABLE attempts (
    delivery BIGINT NOT NULL REFERENCES deliveries (id),
    number BIGINT NOT NULL,
    -- 'sending' is committed before the first byte leaves.
    state TEXT NOT NULL CHECK (
        state IN ('sending', 'delivered', 'not_sent', 'throttled', 'rejected', 'credential', 'in_doubt')
    ),
    why TEXT,
    status BIGINT,
    request_digest TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (delivery, number)
);

CREATE TABLE account_gates (
    account TEXT PRIMARY KEY,
    -- Why it is closed; NULL while it is open.
    cause TEXT CHECK (cause IN ('broken', 'paused', 'stopped')),
    reason TEXT,
    since BIGINT,
    -- When one lead may go, to see whether things are mended.
    probe_at BIGINT,
    -- Attempts in a row that the partner did not answer.
    failures BIGINT NOT NULL DEFAULT 0,
    -- Up to when the rate is used, in microseconds since 1970.
    flow_us BIGINT NOT NULL,
    -- Nothing goes before this: the partner has asked for it.
    wait_until BIGINT NOT NULL,
    -- Tells, after the clock was set back, by how much.
    changed_at BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- What readiness writes: one row, so that "ready" is said only of a database that takes a write.
CREATE TABLE heartbeat (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    beaten_at BIGINT NOT NULL
) WITH (fillfactor = 50);

INSERT INTO heartbeat (id, beaten_at) VALUES (1, 0);

-- Access tokens, one row an account, and consents that are waited for.
CREATE TABLE account_tokens (
    account TEXT PRIMARY KEY,
    -- Raised with every token that the account gets, and never lowered: who saves names the one that he has seen.
    generation BIGINT NOT NULL DEFAULT 0,
    -- Access token, refresh token and when they end, sealed for this account and this generation; NULL for none.
    sealed BYTEA,
    -- Raised with every lease and every token: who has seen an older one looks again.
    fence BIGINT NOT NULL DEFAULT 0,
    lease_owner TEXT,
    lease_until BIGINT,
    state TEXT NOT NULL DEFAULT 'good' CHECK (state IN ('good', 'refused')),
    -- Why the last try brought none: a code, never a partner's text.
    reason TEXT,
    -- Tries without a token since the last one.
    failures BIGINT NOT NULL DEFAULT 0,
    -- When the endpoint may be asked again; NULL with 'refused' for: not before a person has consented anew.
    retry_at BIGINT,
    -- Keyed hash over the client's credentials that were refused: others are tried at once.
    client BYTEA,
    changed_at BIGINT NOT NULL
);

CREATE TABLE consents (
    -- SHA-256 over the state that the person's browser carries; the state itself is kept nowhere.
    state_hash BYTEA PRIMARY KEY CHECK (length(state_hash) = 32),
    account TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Partners' schemas, as they were when they were last fetched.
CREATE TABLE partner_schemas (
    account TEXT NOT NULL,
    -- '' for the company's own.
    organization TEXT NOT NULL,
    fetched_at BIGINT NOT NULL,
    fields_json TEXT NOT NULL,
    PRIMARY KEY (account, organization)
);
