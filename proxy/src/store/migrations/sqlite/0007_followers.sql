-- Who is kept beside a submission: looked for when that one is given up.

CREATE INDEX submissions_duplicates ON submissions (duplicate_of) WHERE duplicate_of IS NOT NULL;
