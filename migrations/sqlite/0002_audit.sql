-- Who did what, each row chained to the one before by its hash.
CREATE TABLE audit_log (
    seq        INTEGER NOT NULL PRIMARY KEY,
    at         INTEGER NOT NULL,
    actor_kind TEXT NOT NULL CHECK (actor_kind IN ('staff', 'key', 'service')),
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
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
INSERT INTO sequences (name, value) VALUES ('audit', 0);
