CREATE TABLE agencies (
    id           BLOB NOT NULL PRIMARY KEY,
    slug         TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL CHECK (kind IN ('platform', 'member')),
    state        TEXT NOT NULL CHECK (state IN ('active', 'suspended')),
    country      TEXT NOT NULL,
    languages    TEXT NOT NULL CHECK (json_valid(languages)),
    names        TEXT NOT NULL CHECK (json_valid(names)),
    descriptions TEXT NOT NULL CHECK (json_valid(descriptions)),
    time_zone    TEXT NOT NULL,
    website      TEXT,
    four_eyes    INTEGER NOT NULL CHECK (four_eyes IN (0, 1)),
    version      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    updated_by   BLOB
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX agencies_platform ON agencies (kind) WHERE kind = 'platform';

CREATE TABLE offices (
    id          BLOB NOT NULL PRIMARY KEY,
    agency_id   BLOB NOT NULL REFERENCES agencies (id),
    names       TEXT NOT NULL CHECK (json_valid(names)),
    country     TEXT NOT NULL,
    city        TEXT NOT NULL,
    address     TEXT,
    time_zone   TEXT NOT NULL,
    opened_on   TEXT,
    head_office INTEGER NOT NULL CHECK (head_office IN (0, 1)),
    version     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    updated_by  BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX offices_agency ON offices (agency_id);

CREATE TABLE agreements (
    id            BLOB NOT NULL PRIMARY KEY,
    agency_id     BLOB NOT NULL REFERENCES agencies (id),
    title         TEXT NOT NULL,
    signed_on     TEXT,
    in_force_from TEXT,
    in_force_to   TEXT,
    sharing       TEXT NOT NULL CHECK (sharing IN ('flagged', 'all')),
    note          TEXT,
    version       INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    updated_by    BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX agreements_agency ON agreements (agency_id);

CREATE TABLE staff (
    id                  BLOB NOT NULL PRIMARY KEY,
    agency_id           BLOB NOT NULL REFERENCES agencies (id),
    email               TEXT NOT NULL,
    email_key           TEXT NOT NULL UNIQUE,
    role                TEXT NOT NULL CHECK (role IN ('journalist', 'editor', 'admin')),
    state               TEXT NOT NULL CHECK (state IN ('invited', 'active', 'suspended', 'departed')),
    languages           TEXT NOT NULL CHECK (json_valid(languages)),
    names               TEXT NOT NULL CHECK (json_valid(names)),
    bios                TEXT NOT NULL CHECK (json_valid(bios)),
    byline              INTEGER NOT NULL CHECK (byline IN (0, 1)),
    password_hash       TEXT,
    password_changed_at INTEGER,
    last_login_at       INTEGER,
    version             INTEGER NOT NULL,
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL,
    updated_by          BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX staff_agency ON staff (agency_id, created_at, id);

-- Links that work once: invitations and password resets. Only the hash of their secret is kept.
CREATE TABLE links (
    id         BLOB NOT NULL PRIMARY KEY,
    staff_id   BLOB NOT NULL REFERENCES staff (id),
    purpose    TEXT NOT NULL CHECK (purpose IN ('invitation', 'password_reset')),
    hash       BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX links_staff ON links (staff_id, purpose);

-- A session is a family of refresh tokens, of which one is good at a time.
CREATE TABLE sessions (
    id            BLOB NOT NULL PRIMARY KEY,
    staff_id      BLOB NOT NULL REFERENCES staff (id),
    token_hash    BLOB NOT NULL UNIQUE,
    previous_hash BLOB UNIQUE,
    rotated_at    INTEGER NOT NULL,
    user_agent    TEXT,
    address       TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    last_used_at  INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    revoked_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_staff ON sessions (staff_id);

-- Hashes of refresh tokens that were replaced long ago: whoever brings one has stolen it.
CREATE TABLE spent_tokens (
    hash       BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES sessions (id),
    spent_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE login_attempts (
    bucket     TEXT NOT NULL PRIMARY KEY,
    attempts   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
    kid        TEXT NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    id           BLOB NOT NULL PRIMARY KEY,
    agency_id    BLOB NOT NULL REFERENCES agencies (id),
    name         TEXT NOT NULL,
    mac          BLOB NOT NULL,
    scopes       TEXT NOT NULL CHECK (json_valid(scopes)),
    created_by   BLOB NOT NULL REFERENCES staff (id),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    revoked_at   INTEGER,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_agency ON api_keys (agency_id, created_at, id);

CREATE TABLE idempotency_keys (
    actor_id    BLOB NOT NULL,
    key         TEXT NOT NULL,
    operation   TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status      INTEGER NOT NULL,
    etag        TEXT,
    location    TEXT,
    body        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (actor_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

CREATE TABLE jobs (
    id           BLOB NOT NULL PRIMARY KEY,
    kind         TEXT NOT NULL,
    payload      TEXT NOT NULL CHECK (json_valid(payload)),
    run_at       INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    locked_by    TEXT,
    locked_until INTEGER,
    last_error   TEXT,
    dead_at      INTEGER,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_due ON jobs (run_at, id) WHERE dead_at IS NULL;

CREATE TABLE sections (
    id         BLOB NOT NULL PRIMARY KEY,
    slug       TEXT NOT NULL UNIQUE,
    names      TEXT NOT NULL CHECK (json_valid(names)),
    position   INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('active', 'retired')),
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE articles (
    id                BLOB NOT NULL PRIMARY KEY,
    agency_id         BLOB NOT NULL REFERENCES agencies (id),
    original_language TEXT NOT NULL,
    slugline          TEXT NOT NULL,
    section_id        BLOB REFERENCES sections (id),
    topics            TEXT NOT NULL CHECK (json_valid(topics)),
    related           TEXT NOT NULL CHECK (json_valid(related)),
    urgency           INTEGER NOT NULL CHECK (urgency BETWEEN 1 AND 9),
    genre             TEXT,
    rights            TEXT,
    ednote            TEXT,
    shared            INTEGER NOT NULL CHECK (shared IN (0, 1)),
    created_by        BLOB NOT NULL,
    version           INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    updated_by        BLOB NOT NULL,
    deleted_at        INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX articles_changed ON articles (updated_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX articles_agency ON articles (agency_id, updated_at DESC, id DESC) WHERE deleted_at IS NULL;

CREATE TABLE translations (
    article_id         BLOB NOT NULL REFERENCES articles (id),
    language           TEXT NOT NULL,
    agency_id          BLOB NOT NULL REFERENCES agencies (id),
    is_original        INTEGER NOT NULL CHECK (is_original IN (0, 1)),
    publication        TEXT NOT NULL CHECK (publication IN ('unreleased', 'published', 'unpublished', 'withheld', 'killed')),
    review             TEXT NOT NULL CHECK (review IN ('draft', 'in_review', 'approved', 'settled')),
    revision           INTEGER NOT NULL,
    published_revision INTEGER,
    base_revision      INTEGER,
    detached_at        INTEGER,
    freshness_reason   TEXT,
    headline           TEXT NOT NULL,
    headline_key       TEXT NOT NULL,
    slug               TEXT,
    assignee_id        BLOB REFERENCES staff (id),
    created_by         BLOB NOT NULL,
    last_author        BLOB NOT NULL,
    return_reason      TEXT,
    kill_reason        TEXT,
    first_published_at INTEGER,
    published_at       INTEGER,
    killed_at          INTEGER,
    version            INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    updated_by         BLOB NOT NULL,
    deleted_at         INTEGER,
    PRIMARY KEY (article_id, language)
) STRICT, WITHOUT ROWID;
CREATE INDEX translations_agency ON translations (agency_id, article_id) WHERE deleted_at IS NULL;
CREATE INDEX translations_assignee ON translations (assignee_id) WHERE assignee_id IS NOT NULL AND deleted_at IS NULL;

CREATE TABLE revisions (
    article_id    BLOB NOT NULL,
    language      TEXT NOT NULL,
    revision      INTEGER NOT NULL,
    headline      TEXT NOT NULL,
    summary       TEXT,
    body          TEXT NOT NULL CHECK (json_valid(body)),
    dateline      TEXT,
    byline        TEXT,
    authors       TEXT NOT NULL CHECK (json_valid(authors)),
    seo           TEXT NOT NULL CHECK (json_valid(seo)),
    words         INTEGER NOT NULL,
    restored_from INTEGER,
    created_by    BLOB NOT NULL,
    created_at    INTEGER NOT NULL,
    PRIMARY KEY (article_id, language, revision),
    FOREIGN KEY (article_id, language) REFERENCES translations (article_id, language)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER revisions_no_update BEFORE UPDATE ON revisions BEGIN SELECT RAISE(ABORT, 'revisions is append-only'); END;
CREATE TRIGGER revisions_no_delete BEFORE DELETE ON revisions BEGIN SELECT RAISE(ABORT, 'revisions is append-only'); END;

-- What the public can see: only src/publication writes these, and delivery reads nothing else.
CREATE TABLE published_documents (
    id                 INTEGER NOT NULL PRIMARY KEY,
    article_id         BLOB NOT NULL,
    language           TEXT NOT NULL,
    is_original        INTEGER NOT NULL CHECK (is_original IN (0, 1)),
    agency_id          BLOB NOT NULL,
    section_id         BLOB,
    slug               TEXT NOT NULL,
    urgency            INTEGER NOT NULL,
    published_at       INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    modified_at        INTEGER NOT NULL,
    seq                INTEGER NOT NULL,
    rendition          INTEGER NOT NULL,
    url                TEXT NOT NULL,
    surrogate_key      TEXT NOT NULL,
    card               TEXT NOT NULL,
    head_length        INTEGER NOT NULL,
    links              TEXT NOT NULL,
    related            TEXT NOT NULL CHECK (json_valid(related)),
    body               TEXT NOT NULL,
    body_html          TEXT NOT NULL,
    body_text          TEXT NOT NULL,
    UNIQUE (article_id, language),
    UNIQUE (language, slug)
) STRICT;
CREATE INDEX published_documents_newest ON published_documents (published_at DESC, id DESC);
CREATE INDEX published_documents_language ON published_documents (language, published_at DESC, id DESC);
CREATE INDEX published_documents_section ON published_documents (section_id, language, published_at DESC, id DESC);
CREATE INDEX published_documents_agency ON published_documents (agency_id, language, published_at DESC, id DESC);

CREATE TABLE published_topics (
    topic        TEXT NOT NULL,
    document_id  INTEGER NOT NULL,
    PRIMARY KEY (topic, document_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX published_topics_document ON published_topics (document_id);

CREATE TABLE published_authors (
    staff_id    BLOB NOT NULL,
    document_id INTEGER NOT NULL,
    PRIMARY KEY (staff_id, document_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX published_authors_document ON published_authors (document_id);

-- Every address that a text ever had.
CREATE TABLE published_slugs (
    language   TEXT NOT NULL,
    slug       TEXT NOT NULL,
    article_id BLOB NOT NULL,
    PRIMARY KEY (language, slug)
) STRICT, WITHOUT ROWID;
CREATE INDEX published_slugs_article ON published_slugs (article_id, language);

CREATE TABLE published_tombstones (
    article_id  BLOB NOT NULL,
    language    TEXT NOT NULL,
    killed_at   INTEGER NOT NULL,
    public_note TEXT NOT NULL,
    PRIMARY KEY (article_id, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE published_profiles (
    kind       TEXT NOT NULL CHECK (kind IN ('agency', 'section', 'staff')),
    id         BLOB NOT NULL,
    slug       TEXT NOT NULL,
    position   INTEGER NOT NULL,
    document   TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX published_profiles_slug ON published_profiles (kind, slug);
CREATE INDEX published_profiles_order ON published_profiles (kind, position, slug);

-- The gap-free sequence of public events.
CREATE TABLE published_changes (
    seq         INTEGER NOT NULL PRIMARY KEY,
    type        TEXT NOT NULL CHECK (type IN ('published', 'updated', 'corrected', 'unpublished', 'killed')),
    article_id  BLOB NOT NULL,
    language    TEXT NOT NULL,
    agency_id   BLOB NOT NULL,
    revision    INTEGER NOT NULL,
    change_kind TEXT,
    public_note TEXT,
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX published_changes_article ON published_changes (article_id, language, seq);
CREATE TRIGGER published_changes_no_update BEFORE UPDATE ON published_changes BEGIN SELECT RAISE(ABORT, 'published_changes is append-only'); END;
CREATE TRIGGER published_changes_no_delete BEFORE DELETE ON published_changes BEGIN SELECT RAISE(ABORT, 'published_changes is append-only'); END;

-- When a part of what is public last changed: for Last-Modified of lists.
CREATE TABLE published_stamps (
    part TEXT NOT NULL PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which public texts link to which stories, public or not: they are rendered anew when that changes.
CREATE TABLE body_links (
    target_id  BLOB NOT NULL,
    article_id BLOB NOT NULL,
    language   TEXT NOT NULL,
    PRIMARY KEY (target_id, article_id, language)
) STRICT, WITHOUT ROWID;
CREATE INDEX body_links_source ON body_links (article_id, language);

CREATE TABLE sequences (
    name  TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO sequences (name, value) VALUES ('changes', 0);
