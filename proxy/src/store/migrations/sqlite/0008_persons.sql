-- An index of persons that is written behind the answers, many at once and in its own order: a place in it is by chance, and a
-- page for each lead cost a third of what an accept does. What is not in it yet comes after the mark, and is read from there.

CREATE TABLE persons (
    -- The beginning of what stands in submissions.person: enough to find it, and the row says whether it is the same.
    sign BLOB NOT NULL CHECK (length(sign) = 8),
    received_at INTEGER NOT NULL,
    submission INTEGER NOT NULL,
    PRIMARY KEY (sign, received_at, submission)
) STRICT, WITHOUT ROWID;

CREATE TABLE persons_upto (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- This submission and all before it are in the index; 0 for none.
    submission INTEGER NOT NULL
) STRICT;

INSERT INTO persons (sign, received_at, submission)
SELECT substr(person, 1, 8), received_at, id FROM submissions WHERE person IS NOT NULL ORDER BY 1, 2, 3;

INSERT INTO persons_upto (id, submission) SELECT 1, coalesce(max(id), 0) FROM submissions;

DROP INDEX submissions_person;
