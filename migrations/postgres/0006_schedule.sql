-- A job may have a name that only one waiting job has, may be of a text, and may have to be done at its moment.
ALTER TABLE jobs ADD COLUMN dedupe_key text COLLATE "C";
ALTER TABLE jobs ADD COLUMN article_id uuid;
ALTER TABLE jobs ADD COLUMN language text COLLATE "C";
ALTER TABLE jobs ADD COLUMN prompt boolean NOT NULL DEFAULT FALSE;
ALTER TABLE jobs ADD COLUMN error_class text COLLATE "C";
ALTER TABLE jobs ADD COLUMN error_code text COLLATE "C";
CREATE UNIQUE INDEX jobs_dedupe ON jobs (dedupe_key) WHERE dead_at IS NULL AND dedupe_key IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (run_at, id) WHERE dead_at IS NOT NULL;

-- Until when a text is kept from readers, and who said so.
ALTER TABLE translations ADD COLUMN embargo_until timestamptz;
ALTER TABLE translations ADD COLUMN embargo_by uuid;

-- Texts that go out together.
CREATE TABLE releases (
    id          uuid NOT NULL PRIMARY KEY,
    article_id  uuid NOT NULL REFERENCES articles (id),
    mode        text COLLATE "C" NOT NULL CHECK (mode IN ('all_approved', 'deadline')),
    run_at      timestamptz,
    local_time  text COLLATE "C",
    time_zone   text COLLATE "C",
    change_kind text COLLATE "C",
    public_note text COLLATE "C",
    state       text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'done', 'failed', 'canceled')),
    finished_at timestamptz,
    created_by  uuid NOT NULL,
    version     bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    updated_by  uuid NOT NULL
);
CREATE INDEX releases_article ON releases (article_id, id);

-- What is to happen by itself. What waits for an approval, not for a time, stands at the end of all times.
CREATE TABLE schedule (
    id             uuid NOT NULL PRIMARY KEY,
    article_id     uuid NOT NULL,
    language       text COLLATE "C" NOT NULL,
    action         text COLLATE "C" NOT NULL CHECK (action IN ('publish', 'unpublish')),
    run_at         timestamptz NOT NULL,
    local_time     text COLLATE "C",
    time_zone      text COLLATE "C",
    change_kind    text COLLATE "C",
    public_note    text COLLATE "C",
    state          text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'done', 'failed', 'canceled')),
    failure_code   text COLLATE "C",
    failure_detail text COLLATE "C",
    release_id     uuid REFERENCES releases (id),
    finished_at    timestamptz,
    created_by     uuid NOT NULL,
    version        bigint NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    updated_by     uuid NOT NULL,
    FOREIGN KEY (article_id, language) REFERENCES translations (article_id, language)
);
CREATE UNIQUE INDEX schedule_pending ON schedule (article_id, language, action) WHERE state = 'pending';
CREATE INDEX schedule_due ON schedule (run_at, id);
CREATE INDEX schedule_failed ON schedule (run_at, id) WHERE state = 'failed';
CREATE INDEX schedule_release ON schedule (release_id) WHERE release_id IS NOT NULL;

-- What partners see before readers do: only src/publication writes it, and delivery never reads it.
CREATE TABLE partner_documents (
    article_id    uuid NOT NULL,
    language      text COLLATE "C" NOT NULL,
    agency_id     uuid NOT NULL,
    is_original   boolean NOT NULL,
    embargo_until timestamptz NOT NULL,
    revision      integer NOT NULL,
    change_kind   text COLLATE "C",
    public_note   text COLLATE "C",
    slug          text COLLATE "C" NOT NULL,
    url           text COLLATE "C" NOT NULL,
    head          text COLLATE "C" NOT NULL,
    body          text COLLATE "C" NOT NULL,
    body_html     text COLLATE "C" NOT NULL,
    body_text     text COLLATE "C" NOT NULL,
    written_at    timestamptz NOT NULL,
    PRIMARY KEY (article_id, language)
);
CREATE INDEX partner_documents_due ON partner_documents (embargo_until, article_id, language);

-- Which key saw which embargoed text, and when.
CREATE TABLE partner_reads (
    id         uuid NOT NULL PRIMARY KEY,
    key_id     uuid NOT NULL,
    agency_id  uuid NOT NULL,
    article_id uuid NOT NULL,
    language   text COLLATE "C" NOT NULL,
    revision   integer NOT NULL,
    what       text COLLATE "C" NOT NULL CHECK (what IN ('card', 'text')),
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    times      bigint NOT NULL
);
CREATE UNIQUE INDEX partner_reads_once ON partner_reads (article_id, language, key_id, revision, what);
