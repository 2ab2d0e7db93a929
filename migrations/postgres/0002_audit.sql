-- Who did what, each row chained to the one before by its hash.
CREATE TABLE audit_log (
    seq        bigint NOT NULL PRIMARY KEY,
    at         timestamptz NOT NULL,
    actor_kind text COLLATE "C" NOT NULL CHECK (actor_kind IN ('staff', 'key', 'service')),
    actor_id   uuid,
    agency_id  uuid,
    action     text COLLATE "C" NOT NULL,
    subject_id uuid NOT NULL,
    language   text COLLATE "C",
    details    text COLLATE "C" NOT NULL,
    hash       bytea NOT NULL
);
CREATE INDEX audit_log_agency ON audit_log (agency_id, seq);
CREATE INDEX audit_log_subject ON audit_log (subject_id, seq);
CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
INSERT INTO sequences (name, value) VALUES ('audit', 0);
