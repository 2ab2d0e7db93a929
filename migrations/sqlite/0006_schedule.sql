-- A job may have a name that only one waiting job has, may be of a text, and may have to be done at its moment.
ALTER TABLE jobs ADD COLUMN dedupe_key TEXT;
ALTER TABLE jobs ADD COLUMN article_id BLOB;
ALTER TABLE jobs ADD COLUMN language TEXT;
ALTER TABLE jobs ADD COLUMN prompt INTEGER NOT NULL DEFAULT 0 CHECK (prompt IN (0, 1));
ALTER TABLE jobs ADD COLUMN error_class TEXT;
ALTER TABLE jobs ADD COLUMN error_code TEXT;
CREATE UNIQUE INDEX jobs_dedupe ON jobs (dedupe_key) WHERE dead_at IS NULL AND dedupe_key IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (run_at, id) WHERE dead_at IS NOT NULL;

-- Until when a text is kept from readers, and who said so.
ALTER TABLE translations ADD COLUMN embargo_until INTEGER;
ALTER TABLE translations ADD COLUMN embargo_by BLOB;

-- Texts that go out together.
CREATE TABLE releases (
    id          BLOB NOT NULL PRIMARY KEY,
    article_id  BLOB NOT NULL REFERENCES articles (id),
    mode        TEXT NOT NULL CHECK (mode IN ('all_approved', 'deadline')),
    run_at      INTEGER,
    local_time  TEXT,
    time_zone   TEXT,
    change_kind TEXT,
    public_note TEXT,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'done', 'failed', 'canceled')),
    finished_at INTEGER,
    created_by  BLOB NOT NULL,
    version     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    updated_by  BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX releases_article ON releases (article_id, id);

-- What is to happen by itself. What waits for an approval, not for a time, stands at the end of all times.
CREATE TABLE schedule (
    id             BLOB NOT NULL PRIMARY KEY,
    article_id     BLOB NOT NULL,
    language       TEXT NOT NULL,
    action         TEXT NOT NULL CHECK (action IN ('publish', 'unpublish')),
    run_at         INTEGER NOT NULL,
    local_time     TEXT,
    time_zone      TEXT,
    change_kind    TEXT,
    public_note    TEXT,
    state          TEXT NOT NULL CHECK (state IN ('pending', 'done', 'failed', 'canceled')),
    failure_code   TEXT,
    failure_detail TEXT,
    release_id     BLOB REFERENCES releases (id),
    finished_at    INTEGER,
    created_by     BLOB NOT NULL,
    version        INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    updated_by     BLOB NOT NULL,
    FOREIGN KEY (article_id, language) REFERENCES translations (article_id, language)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX schedule_pending ON schedule (article_id, language, action) WHERE state = 'pending';
CREATE INDEX schedule_due ON schedule (run_at, id);
CREATE INDEX schedule_failed ON schedule (run_at, id) WHERE state = 'failed';
CREATE INDEX schedule_release ON schedule (release_id) WHERE release_id IS NOT NULL;

-- What partners see before readers do: only src/publication writes it, and delivery never reads it.
CREATE TABLE partner_documents (
    article_id    BLOB NOT NULL,
    language      TEXT NOT NULL,
    agency_id     BLOB NOT NULL,
    is_original   INTEGER NOT NULL CHECK (is_original IN (0, 1)),
    embargo_until INTEGER NOT NULL,
    revision      INTEGER NOT NULL,
    change_kind   TEXT,
    public_note   TEXT,
    slug          TEXT NOT NULL,
    url           TEXT NOT NULL,
    head          TEXT NOT NULL,
    body          TEXT NOT NULL,
    body_html     TEXT NOT NULL,
    body_text     TEXT NOT NULL,
    written_at    INTEGER NOT NULL,
    PRIMARY KEY (article_id, language)
) STRICT, WITHOUT ROWID;
CREATE INDEX partner_documents_due ON partner_documents (embargo_until, article_id, language);

-- Which key saw which embargoed text, and when.
CREATE TABLE partner_reads (
    id         BLOB NOT NULL PRIMARY KEY,
    key_id     BLOB NOT NULL,
    agency_id  BLOB NOT NULL,
    article_id BLOB NOT NULL,
    language   TEXT NOT NULL,
    revision   INTEGER NOT NULL,
    what       TEXT NOT NULL CHECK (what IN ('card', 'text')),
    first_at   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    times      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX partner_reads_once ON partner_reads (article_id, language, key_id, revision, what);
