CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;

CREATE TABLE agencies (
    id           uuid NOT NULL PRIMARY KEY,
    slug         text COLLATE "C" NOT NULL UNIQUE,
    kind         text COLLATE "C" NOT NULL CHECK (kind IN ('platform', 'member')),
    state        text COLLATE "C" NOT NULL CHECK (state IN ('active', 'suspended')),
    country      text COLLATE "C" NOT NULL,
    languages    jsonb NOT NULL,
    names        jsonb NOT NULL,
    descriptions jsonb NOT NULL,
    time_zone    text COLLATE "C" NOT NULL,
    website      text COLLATE "C",
    four_eyes    boolean NOT NULL,
    version      bigint NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    updated_by   uuid
);
CREATE UNIQUE INDEX agencies_platform ON agencies (kind) WHERE kind = 'platform';

CREATE TABLE offices (
    id          uuid NOT NULL PRIMARY KEY,
    agency_id   uuid NOT NULL REFERENCES agencies (id),
    names       jsonb NOT NULL,
    country     text COLLATE "C" NOT NULL,
    city        text COLLATE "C" NOT NULL,
    address     text COLLATE "C",
    time_zone   text COLLATE "C" NOT NULL,
    opened_on   date,
    head_office boolean NOT NULL,
    version     bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    updated_by  uuid
);
CREATE INDEX offices_agency ON offices (agency_id);

CREATE TABLE agreements (
    id            uuid NOT NULL PRIMARY KEY,
    agency_id     uuid NOT NULL REFERENCES agencies (id),
    title         text COLLATE "C" NOT NULL,
    signed_on     date,
    in_force_from date,
    in_force_to   date,
    sharing       text COLLATE "C" NOT NULL CHECK (sharing IN ('flagged', 'all')),
    note          text COLLATE "C",
    version       bigint NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    uuid
);
CREATE INDEX agreements_agency ON agreements (agency_id);

CREATE TABLE staff (
    id                  uuid NOT NULL PRIMARY KEY,
    agency_id           uuid NOT NULL REFERENCES agencies (id),
    email               text COLLATE "C" NOT NULL,
    email_key           text COLLATE "C" NOT NULL UNIQUE,
    role                text COLLATE "C" NOT NULL CHECK (role IN ('journalist', 'editor', 'admin')),
    state               text COLLATE "C" NOT NULL CHECK (state IN ('invited', 'active', 'suspended', 'departed')),
    languages           jsonb NOT NULL,
    names               jsonb NOT NULL,
    bios                jsonb NOT NULL,
    byline              boolean NOT NULL,
    password_hash       text COLLATE "C",
    password_changed_at timestamptz,
    last_login_at       timestamptz,
    version             bigint NOT NULL,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    updated_by          uuid
);
CREATE INDEX staff_agency ON staff (agency_id, created_at, id);

-- Links that work once: invitations and password resets. Only the hash of their secret is kept.
CREATE TABLE links (
    id         uuid NOT NULL PRIMARY KEY,
    staff_id   uuid NOT NULL REFERENCES staff (id),
    purpose    text COLLATE "C" NOT NULL CHECK (purpose IN ('invitation', 'password_reset')),
    hash       bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX links_staff ON links (staff_id, purpose);

-- A session is a family of refresh tokens, of which one is good at a time.
CREATE TABLE sessions (
    id            uuid NOT NULL PRIMARY KEY,
    staff_id      uuid NOT NULL REFERENCES staff (id),
    token_hash    bytea NOT NULL UNIQUE,
    previous_hash bytea UNIQUE,
    rotated_at    timestamptz NOT NULL,
    user_agent    text COLLATE "C",
    address       text COLLATE "C" NOT NULL,
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    revoked_at    timestamptz
);
CREATE INDEX sessions_staff ON sessions (staff_id);

-- Hashes of refresh tokens that were replaced long ago: whoever brings one has stolen it.
CREATE TABLE spent_tokens (
    hash       bytea NOT NULL PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES sessions (id),
    spent_at   timestamptz NOT NULL
);

CREATE TABLE login_attempts (
    bucket     text COLLATE "C" NOT NULL PRIMARY KEY,
    attempts   integer NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE signing_keys (
    kid        text COLLATE "C" NOT NULL PRIMARY KEY,
    created_at timestamptz NOT NULL
);

CREATE TABLE api_keys (
    id           uuid NOT NULL PRIMARY KEY,
    agency_id    uuid NOT NULL REFERENCES agencies (id),
    name         text COLLATE "C" NOT NULL,
    mac          bytea NOT NULL,
    scopes       jsonb NOT NULL,
    created_by   uuid NOT NULL REFERENCES staff (id),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    last_used_at timestamptz
);
CREATE INDEX api_keys_agency ON api_keys (agency_id, created_at, id);

CREATE TABLE idempotency_keys (
    actor_id    uuid NOT NULL,
    key         text COLLATE "C" NOT NULL,
    operation   text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    status      integer NOT NULL,
    etag        text COLLATE "C",
    location    text COLLATE "C",
    body        text COLLATE "C" NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (actor_id, key)
);
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

CREATE TABLE jobs (
    id           uuid NOT NULL PRIMARY KEY,
    kind         text COLLATE "C" NOT NULL,
    payload      jsonb NOT NULL,
    run_at       timestamptz NOT NULL,
    attempts     integer NOT NULL,
    locked_by    text COLLATE "C",
    locked_until timestamptz,
    last_error   text COLLATE "C",
    dead_at      timestamptz,
    created_at   timestamptz NOT NULL
);
CREATE INDEX jobs_due ON jobs (run_at, id) WHERE dead_at IS NULL;

CREATE TABLE sections (
    id         uuid NOT NULL PRIMARY KEY,
    slug       text COLLATE "C" NOT NULL UNIQUE,
    names      jsonb NOT NULL,
    position   integer NOT NULL,
    state      text COLLATE "C" NOT NULL CHECK (state IN ('active', 'retired')),
    version    bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by uuid
);

CREATE TABLE articles (
    id                uuid NOT NULL PRIMARY KEY,
    agency_id         uuid NOT NULL REFERENCES agencies (id),
    original_language text COLLATE "C" NOT NULL,
    slugline          text COLLATE "C" NOT NULL,
    section_id        uuid REFERENCES sections (id),
    topics            jsonb NOT NULL,
    related           jsonb NOT NULL,
    urgency           integer NOT NULL CHECK (urgency BETWEEN 1 AND 9),
    genre             text COLLATE "C",
    rights            text COLLATE "C",
    ednote            text COLLATE "C",
    shared            boolean NOT NULL,
    created_by        uuid NOT NULL,
    version           bigint NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    updated_by        uuid NOT NULL,
    deleted_at        timestamptz
);
CREATE INDEX articles_changed ON articles (updated_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX articles_agency ON articles (agency_id, updated_at DESC, id DESC) WHERE deleted_at IS NULL;

CREATE TABLE translations (
    article_id         uuid NOT NULL REFERENCES articles (id),
    language           text COLLATE "C" NOT NULL,
    agency_id          uuid NOT NULL REFERENCES agencies (id),
    is_original        boolean NOT NULL,
    publication        text COLLATE "C" NOT NULL CHECK (publication IN ('unreleased', 'published', 'unpublished', 'withheld', 'killed')),
    review             text COLLATE "C" NOT NULL CHECK (review IN ('draft', 'in_review', 'approved', 'settled')),
    revision           integer NOT NULL,
    published_revision integer,
    base_revision      integer,
    detached_at        timestamptz,
    freshness_reason   text COLLATE "C",
    headline           text COLLATE "C" NOT NULL,
    headline_key       text COLLATE "C" NOT NULL,
    slug               text COLLATE "C",
    assignee_id        uuid REFERENCES staff (id),
    created_by         uuid NOT NULL,
    last_author        uuid NOT NULL,
    return_reason      text COLLATE "C",
    kill_reason        text COLLATE "C",
    first_published_at timestamptz,
    published_at       timestamptz,
    killed_at          timestamptz,
    version            bigint NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    updated_by         uuid NOT NULL,
    deleted_at         timestamptz,
    PRIMARY KEY (article_id, language)
);
CREATE INDEX translations_agency ON translations (agency_id, article_id) WHERE deleted_at IS NULL;
CREATE INDEX translations_assignee ON translations (assignee_id) WHERE assignee_id IS NOT NULL AND deleted_at IS NULL;

CREATE TABLE revisions (
    article_id    uuid NOT NULL,
    language      text COLLATE "C" NOT NULL,
    revision      integer NOT NULL,
    headline      text COLLATE "C" NOT NULL,
    summary       text COLLATE "C",
    body          jsonb NOT NULL,
    dateline      text COLLATE "C",
    byline        text COLLATE "C",
    authors       jsonb NOT NULL,
    seo           jsonb NOT NULL,
    words         integer NOT NULL,
    restored_from integer,
    created_by    uuid NOT NULL,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (article_id, language, revision),
    FOREIGN KEY (article_id, language) REFERENCES translations (article_id, language)
);
CREATE TRIGGER revisions_no_change BEFORE UPDATE OR DELETE ON revisions FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What the public can see: only src/publication writes these, and delivery reads nothing else.
CREATE TABLE published_documents (
    id                 bigint NOT NULL PRIMARY KEY,
    article_id         uuid NOT NULL,
    language           text COLLATE "C" NOT NULL,
    is_original        boolean NOT NULL,
    agency_id          uuid NOT NULL,
    section_id         uuid,
    slug               text COLLATE "C" NOT NULL,
    urgency            integer NOT NULL,
    published_at       timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    modified_at        timestamptz NOT NULL,
    seq                bigint NOT NULL,
    rendition          bigint NOT NULL,
    url                text COLLATE "C" NOT NULL,
    surrogate_key      text COLLATE "C" NOT NULL,
    card               text COLLATE "C" NOT NULL,
    head_length        integer NOT NULL,
    links              text COLLATE "C" NOT NULL,
    related            jsonb NOT NULL,
    body               text COLLATE "C" NOT NULL,
    body_html          text COLLATE "C" NOT NULL,
    body_text          text COLLATE "C" NOT NULL,
    UNIQUE (article_id, language),
    UNIQUE (language, slug)
);
CREATE INDEX published_documents_newest ON published_documents (published_at DESC, id DESC);
CREATE INDEX published_documents_language ON published_documents (language, published_at DESC, id DESC);
CREATE INDEX published_documents_section ON published_documents (section_id, language, published_at DESC, id DESC);
CREATE INDEX published_documents_agency ON published_documents (agency_id, language, published_at DESC, id DESC);

-- Only bodies are compressed and kept apart: lists read the rest.
ALTER TABLE published_documents SET (toast_tuple_target = 8160);
ALTER TABLE published_documents ALTER COLUMN card SET STORAGE MAIN;

CREATE TABLE published_topics (
    topic        text COLLATE "C" NOT NULL,
    document_id  bigint NOT NULL,
    PRIMARY KEY (topic, document_id)
);
CREATE INDEX published_topics_document ON published_topics (document_id);

CREATE TABLE published_authors (
    staff_id    uuid NOT NULL,
    document_id bigint NOT NULL,
    PRIMARY KEY (staff_id, document_id)
);
CREATE INDEX published_authors_document ON published_authors (document_id);

-- Every address that a text ever had.
CREATE TABLE published_slugs (
    language   text COLLATE "C" NOT NULL,
    slug       text COLLATE "C" NOT NULL,
    article_id uuid NOT NULL,
    PRIMARY KEY (language, slug)
);
CREATE INDEX published_slugs_article ON published_slugs (article_id, language);

CREATE TABLE published_tombstones (
    article_id  uuid NOT NULL,
    language    text COLLATE "C" NOT NULL,
    killed_at   timestamptz NOT NULL,
    public_note text COLLATE "C" NOT NULL,
    PRIMARY KEY (article_id, language)
);

CREATE TABLE published_profiles (
    kind       text COLLATE "C" NOT NULL CHECK (kind IN ('agency', 'section', 'staff')),
    id         uuid NOT NULL,
    slug       text COLLATE "C" NOT NULL,
    position   integer NOT NULL,
    document   text COLLATE "C" NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE UNIQUE INDEX published_profiles_slug ON published_profiles (kind, slug);
CREATE INDEX published_profiles_order ON published_profiles (kind, position, slug);

-- The gap-free sequence of public events.
CREATE TABLE published_changes (
    seq         bigint NOT NULL PRIMARY KEY,
    type        text COLLATE "C" NOT NULL CHECK (type IN ('published', 'updated', 'corrected', 'unpublished', 'killed')),
    article_id  uuid NOT NULL,
    language    text COLLATE "C" NOT NULL,
    agency_id   uuid NOT NULL,
    revision    integer NOT NULL,
    change_kind text COLLATE "C",
    public_note text COLLATE "C",
    at          timestamptz NOT NULL
);
CREATE INDEX published_changes_article ON published_changes (article_id, language, seq);
CREATE TRIGGER published_changes_no_change BEFORE UPDATE OR DELETE ON published_changes FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- When a part of what is public last changed: for Last-Modified of lists.
CREATE TABLE published_stamps (
    part text COLLATE "C" NOT NULL PRIMARY KEY,
    at   timestamptz NOT NULL
);

-- Which public texts link to which stories, public or not: they are rendered anew when that changes.
CREATE TABLE body_links (
    target_id  uuid NOT NULL,
    article_id uuid NOT NULL,
    language   text COLLATE "C" NOT NULL,
    PRIMARY KEY (target_id, article_id, language)
);
CREATE INDEX body_links_source ON body_links (article_id, language);

CREATE TABLE sequences (
    name  text COLLATE "C" NOT NULL PRIMARY KEY,
    value bigint NOT NULL
);
INSERT INTO sequences (name, value) VALUES ('changes', 0);
