-- Partners' schemas, as they were when they were last fetched. Times are milliseconds since 1970 UTC.

CREATE TABLE partner_schemas (
    account TEXT NOT NULL,
    -- '' for the company's own.
    organization TEXT NOT NULL,
    fetched_at INTEGER NOT NULL,
    fields_json TEXT NOT NULL,
    PRIMARY KEY (account, organization)
) STRICT, WITHOUT ROWID;
