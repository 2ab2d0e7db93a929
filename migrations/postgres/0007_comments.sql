-- The version of the text that a revision was written as: what its ETag said until the next one. Unknown for what was written before.
ALTER TABLE revisions ADD COLUMN text_version bigint;

-- Of which kinds of notices somebody wants messages too.
ALTER TABLE staff ADD COLUMN notice_mail jsonb NOT NULL DEFAULT '[]';
CREATE INDEX notices_read ON notices (created_at) WHERE read_at IS NOT NULL;

CREATE TABLE comment_threads (
    id          uuid NOT NULL PRIMARY KEY,
    article_id  uuid NOT NULL,
    language    text COLLATE "C" NOT NULL,
    block       text COLLATE "C",
    state       text COLLATE "C" NOT NULL CHECK (state IN ('open', 'resolved')),
    created_by  uuid NOT NULL REFERENCES staff (id),
    created_at  timestamptz NOT NULL,
    resolved_by uuid REFERENCES staff (id),
    resolved_at timestamptz,
    FOREIGN KEY (article_id, language) REFERENCES translations (article_id, language)
);
CREATE INDEX comment_threads_text ON comment_threads (article_id, language, created_at, id);

-- The first comment of a thread has its id.
CREATE TABLE comments (
    id         uuid NOT NULL PRIMARY KEY,
    thread_id  uuid NOT NULL REFERENCES comment_threads (id),
    text       text COLLATE "C" NOT NULL,
    mentions   jsonb NOT NULL,
    version    bigint NOT NULL,
    created_by uuid NOT NULL REFERENCES staff (id),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE INDEX comments_thread ON comments (thread_id, created_at, id);

-- Who is in a text, until when. It holds nobody up.
CREATE TABLE presences (
    article_id uuid NOT NULL,
    language   text COLLATE "C" NOT NULL,
    staff_id   uuid NOT NULL REFERENCES staff (id),
    block      text COLLATE "C",
    since      timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (article_id, language, staff_id)
);
CREATE INDEX presences_expiry ON presences (expires_at);
