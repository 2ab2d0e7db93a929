-- Who did what, each row chained to the one before by its hash.
CREATE TABLE audit_log (
    seq        bigint NOT NULL PRIMARY KEY,
    at         timestamptz NOT NULL,
    actor_kind text COLLATE "C" NOT NULL CHECK (actor_kind IN ('staff', 'key', 'service', 'anonymous')),
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
CREATE INDEX audit_log_actor ON audit_log (actor_id, seq);
CREATE INDEX audit_log_action ON audit_log (action, seq);
CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
INSERT INTO sequences (name, value) VALUES ('audit', 0);
-- What the first entry hangs on. Its hash is random, so that no two houses have the same chain.
INSERT INTO audit_log (seq, at, actor_kind, action, subject_id, details, hash)
VALUES (0, 'epoch', 'service', 'log.begun', '00000000-0000-0000-0000-000000000000', '{}',
        sha256(convert_to(CAST(gen_random_uuid() AS text) || CAST(gen_random_uuid() AS text), 'UTF8')));
