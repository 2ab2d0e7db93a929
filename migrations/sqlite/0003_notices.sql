-- What a staff member is told.
CREATE TABLE notices (
    id         BLOB NOT NULL PRIMARY KEY,
    staff_id   BLOB NOT NULL REFERENCES staff (id),
    kind       TEXT NOT NULL,
    article_id BLOB,
    language   TEXT,
    by_id      BLOB,
    details    TEXT NOT NULL CHECK (json_valid(details)),
    created_at INTEGER NOT NULL,
    read_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_staff ON notices (staff_id, created_at DESC, id DESC);
CREATE INDEX notices_unread ON notices (staff_id, created_at DESC, id DESC) WHERE read_at IS NULL;
