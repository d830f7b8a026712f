-- What operators did, each row written together with the deed; and since when a lead that was sent again counts as fresh.
-- Times are milliseconds since 1970 UTC, by the database's clock.

CREATE TABLE audit (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    -- Who, as he calls himself.
    operator TEXT NOT NULL,
    action TEXT NOT NULL,
    account TEXT,
    receipt TEXT,
    -- Where the delivery stood, or what had closed the account's gate.
    was TEXT,
    -- The partner's id for the lead that the operator has given.
    reference TEXT,
    -- One name for all rows of a replay in bulk.
    batch TEXT,
    -- Why, in his words.
    why TEXT NOT NULL
);

CREATE INDEX audit_receipt ON audit (receipt) WHERE receipt IS NOT NULL;
CREATE INDEX audit_account ON audit (account, id) WHERE account IS NOT NULL;

-- When an operator had it sent again: from then on its retries are counted anew.
ALTER TABLE deliveries ADD COLUMN sent_again_at BIGINT;
