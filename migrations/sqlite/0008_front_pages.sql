-- Links under which somebody without a login sees a text before readers do. Their address is signed, not stored.
CREATE TABLE preview_links (
    id         BLOB NOT NULL PRIMARY KEY,
    article_id BLOB NOT NULL,
    language   TEXT NOT NULL,
    revision   INTEGER,
    created_by BLOB NOT NULL REFERENCES staff (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER,
    FOREIGN KEY (article_id, language) REFERENCES translations (article_id, language)
) STRICT, WITHOUT ROWID;
CREATE INDEX preview_links_text ON preview_links (article_id, language, created_at, id);

-- Those without an agency are the house's.
CREATE TABLE front_pages (
    id         BLOB NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    agency_id  BLOB REFERENCES agencies (id),
    created_by BLOB,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What stands on a front page in one language.
CREATE TABLE front_page_editions (
    front_page_id BLOB NOT NULL REFERENCES front_pages (id),
    language      TEXT NOT NULL,
    slots         TEXT NOT NULL CHECK (json_valid(slots)),
    version       INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    updated_by    BLOB NOT NULL,
    PRIMARY KEY (front_page_id, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE front_page_changes (
    id            BLOB NOT NULL PRIMARY KEY,
    front_page_id BLOB NOT NULL REFERENCES front_pages (id),
    language      TEXT NOT NULL,
    at            INTEGER NOT NULL,
    slots         TEXT NOT NULL CHECK (json_valid(slots)),
    state         TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'canceled')),
    created_by    BLOB NOT NULL,
    created_at    INTEGER NOT NULL,
    ended_at      INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX front_page_changes_waiting ON front_page_changes (front_page_id, language, at, id) WHERE state = 'waiting';

-- Front pages as delivery reads them: a slot shows while its text is public in the language of the page.
CREATE TABLE published_front_pages (
    name        TEXT NOT NULL,
    language    TEXT NOT NULL,
    agency_id   BLOB,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (name, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE published_front_page_slots (
    name       TEXT NOT NULL,
    language   TEXT NOT NULL,
    position   INTEGER NOT NULL,
    article_id BLOB NOT NULL,
    pinned     INTEGER NOT NULL CHECK (pinned IN (0, 1)),
    until      INTEGER,
    PRIMARY KEY (name, language, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX published_changes_corrections ON published_changes (seq DESC) WHERE change_kind IN ('clarification', 'correction');

-- What is urgent is rare: lists of it read nothing else.
CREATE INDEX published_documents_urgent ON published_documents (published_at DESC, id DESC) WHERE urgency <= 3;
CREATE INDEX articles_urgent ON articles (updated_at DESC, id DESC) WHERE deleted_at IS NULL AND urgency <= 3;
