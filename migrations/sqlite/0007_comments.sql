-- The version of the text that a revision was written as: what its ETag said until the next one. Unknown for what was written before.
ALTER TABLE revisions ADD COLUMN text_version INTEGER;

-- Of which kinds of notices somebody wants messages too.
ALTER TABLE staff ADD COLUMN notice_mail TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(notice_mail));
CREATE INDEX notices_read ON notices (created_at) WHERE read_at IS NOT NULL;

CREATE TABLE comment_threads (
    id          BLOB NOT NULL PRIMARY KEY,
    article_id  BLOB NOT NULL,
    language    TEXT NOT NULL,
    block       TEXT,
    state       TEXT NOT NULL CHECK (state IN ('open', 'resolved')),
    created_by  BLOB NOT NULL REFERENCES staff (id),
    created_at  INTEGER NOT NULL,
    resolved_by BLOB REFERENCES staff (id),
    resolved_at INTEGER,
    FOREIGN KEY (article_id, language) REFERENCES translations (article_id, language)
) STRICT, WITHOUT ROWID;
CREATE INDEX comment_threads_text ON comment_threads (article_id, language, created_at, id);

-- The first comment of a thread has its id.
CREATE TABLE comments (
    id         BLOB NOT NULL PRIMARY KEY,
    thread_id  BLOB NOT NULL REFERENCES comment_threads (id),
    text       TEXT NOT NULL,
    mentions   TEXT NOT NULL CHECK (json_valid(mentions)),
    version    INTEGER NOT NULL,
    created_by BLOB NOT NULL REFERENCES staff (id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX comments_thread ON comments (thread_id, created_at, id);

-- Who is in a text, until when. It holds nobody up.
CREATE TABLE presences (
    article_id BLOB NOT NULL,
    language   TEXT NOT NULL,
    staff_id   BLOB NOT NULL REFERENCES staff (id),
    block      TEXT,
    since      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (article_id, language, staff_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX presences_expiry ON presences (expires_at);
