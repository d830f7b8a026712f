-- What readiness writes: one row, about as large as a submission with its delivery, so that a disk with no room for the
-- next lead shows before that lead comes.

CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    beaten_at INTEGER NOT NULL,
    filler BLOB NOT NULL
) STRICT;

INSERT INTO heartbeat (id, beaten_at, filler) VALUES (1, 0, x'');
