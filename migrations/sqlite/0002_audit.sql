-- Who did what, each row chained to the one before by its hash.
CREATE TABLE audit_log (
    seq        INTEGER NOT NULL PRIMARY KEY,
    at         INTEGER NOT NULL,
    actor_kind TEXT NOT NULL CHECK (actor_kind IN ('staff', 'key', 'service', 'anonymous')),
    actor_id   BLOB,
    agency_id  BLOB,
    action     TEXT NOT NULL,
    subject_id BLOB NOT NULL,
    language   TEXT,
    details    TEXT NOT NULL,
    hash       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_log_agency ON audit_log (agency_id, seq);
CREATE INDEX audit_log_subject ON audit_log (subject_id, seq);
CREATE INDEX audit_log_actor ON audit_log (actor_id, seq);
CREATE INDEX audit_log_action ON audit_log (action, seq);
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
INSERT INTO sequences (name, value) VALUES ('audit', 0);
-- What the first entry hangs on. Its hash is random, so that no two houses have the same chain.
INSERT INTO audit_log (seq, at, actor_kind, action, subject_id, details, hash)
VALUES (0, 0, 'service', 'log.begun', zeroblob(16), '{}', randomblob(32));
