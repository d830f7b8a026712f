-- Access tokens, one row an account, and consents that are waited for. Times are milliseconds since 1970 UTC.

CREATE TABLE account_tokens (
    account TEXT PRIMARY KEY,
    -- Raised with every token that the account gets, and never lowered: who saves names the one that he has seen.
    generation INTEGER NOT NULL DEFAULT 0,
    -- Access token, refresh token and when they end, sealed for this account and this generation; NULL for none.
    sealed BLOB,
    -- Raised with every lease and every token: who has seen an older one looks again.
    fence INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT,
    lease_until INTEGER,
    state TEXT NOT NULL DEFAULT 'good' CHECK (state IN ('good', 'refused')),
    -- Why the last try brought none: a code, never a partner's text.
    reason TEXT,
    -- Tries without a token since the last one.
    failures INTEGER NOT NULL DEFAULT 0,
    -- When the endpoint may be asked again; NULL with 'refused' for: not before a person has consented anew.
    retry_at INTEGER,
    -- Keyed hash over the client's credentials that were refused: others are tried at once.
    client BLOB,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE consents (
    -- SHA-256 over the state that the person's browser carries; the state itself is kept nowhere.
    state_hash BLOB PRIMARY KEY CHECK (length(state_hash) = 32),
    account TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
