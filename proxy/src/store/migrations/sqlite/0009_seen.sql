-- One index, written behind the answers, of persons and of idempotency keys: the places of both are by chance, and a page of
-- its own for each key was two thirds of what an accept wrote. What is not in it yet comes after the mark, and is read from
-- there. `idempotency_key`, whose index is written at once, is left to the leads that are stored already: moving their keys
-- would move the rest of their rows, and leave copies of it behind that no erasure finds.

ALTER TABLE submissions ADD COLUMN retry_key TEXT;

CREATE TABLE seen (
    -- The beginning of what stands in submissions.person, or the end of its key: enough to find it, and the row says whether
    -- it is the same.
    sign BLOB NOT NULL CHECK (length(sign) = 8),
    received_at INTEGER NOT NULL,
    submission INTEGER NOT NULL,
    PRIMARY KEY (sign, received_at, submission)
) STRICT, WITHOUT ROWID;

CREATE TABLE seen_upto (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- This submission and all before it are in the index; 0 for none.
    submission INTEGER NOT NULL
) STRICT;

-- Whose person was erased while the index did not have it yet: it must not come there any more.
CREATE TABLE seen_not (submission INTEGER PRIMARY KEY) STRICT;

INSERT INTO seen (sign, received_at, submission)
SELECT substr(person, 1, 8), received_at, id FROM submissions WHERE person IS NOT NULL
UNION SELECT substr(CAST(idempotency_key AS BLOB), -8), received_at, id FROM submissions WHERE idempotency_key IS NOT NULL
ORDER BY 1, 2, 3;

INSERT INTO seen_upto (id, submission) SELECT 1, coalesce(max(id), 0) FROM submissions;

DROP TABLE persons;
DROP TABLE persons_upto;
