//! A witness in the database: notes every write that only a worker can have made whose lease was somebody else's.
//!
//! Apart because it is the database's own word: triggers see each row as it was, whoever asks later sees only what it has
//! become.

use anyhow::{Context, Result};
use pg_server::{DATABASE, Server};

/// An attempt ends once. A delivery that has ended stays so. No attempt begins while another of its delivery is sending.
const CALL: &str = "
CREATE TABLE witness (what TEXT NOT NULL);
CREATE FUNCTION witness_attempt() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state <> 'sending' THEN
        INSERT INTO witness VALUES (format('attempt %s of %s: %s became %s', OLD.number, OLD.delivery, OLD.state, NEW.state));
    END IF;
    IF TG_OP = 'INSERT' AND EXISTS
        (SELECT 1 FROM attempts WHERE delivery = NEW.delivery AND number <> NEW.number AND state = 'sending') THEN
        INSERT INTO witness VALUES (format('attempt %s of %s beside another', NEW.number, NEW.delivery));
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION witness_delivery() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF OLD.state IN ('delivered', 'held', 'dead_letter') OR NEW.fence < OLD.fence THEN
        INSERT INTO witness VALUES (format('delivery %s: %s became %s', OLD.id, OLD.state, NEW.state));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER witness AFTER INSERT OR UPDATE ON attempts FOR EACH ROW EXECUTE FUNCTION witness_attempt();
CREATE TRIGGER witness AFTER UPDATE ON deliveries FOR EACH ROW EXECUTE FUNCTION witness_delivery();
";

/// Proves that it stands where it looks: one write of each kind, taken back.
const TRY: &str = "
BEGIN;
INSERT INTO deliveries (id, account, state, due_at, changed_at) VALUES (-1, 'witness', 'delivered', 0, 0);
INSERT INTO attempts (delivery, number, state, request_digest, started_at) VALUES (-1, 1, 'sending', '', 0);
INSERT INTO attempts (delivery, number, state, request_digest, started_at) VALUES (-1, 2, 'in_doubt', '', 0);
UPDATE attempts SET state = 'delivered' WHERE delivery = -1 AND number = 2;
UPDATE deliveries SET state = 'held' WHERE id = -1;
SELECT count(*) FROM witness;
ROLLBACK;
";

/// The witness, called and tried.
pub(super) struct Witness;

impl Witness {
    /// Calls it to the leads' database, whose tables are there.
    pub(super) fn call(server: &Server) -> Result<Self> {
        server.sql(DATABASE, CALL).context("the witness could not be called to the database")?;
        let said = server.sql(DATABASE, TRY).context("the witness could not be tried")?;
        let seen = said.lines().any(|line| line.trim() == "3");
        anyhow::ensure!(seen, "the witness did not see three wrong writes; it said {said:?}");
        Ok(Self)
    }

    /// What it has seen.
    pub(super) fn ask(&self, server: &Server) -> Result<Vec<String>> {
        let said = server.sql(DATABASE, "SELECT what FROM witness ORDER BY what")?;
        Ok(said.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }
}
