-- What a submission is for: a new lead, the completion of a record that the partner has, or a record made in the panel.

ALTER TABLE submissions ADD COLUMN purpose_json TEXT NOT NULL DEFAULT '{"for":"lead"}';
