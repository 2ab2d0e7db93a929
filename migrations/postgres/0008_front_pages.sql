-- Links under which somebody without a login sees a text before readers do. Their address is signed, not stored.
CREATE TABLE preview_links (
    id         uuid NOT NULL PRIMARY KEY,
    article_id uuid NOT NULL,
    language   text COLLATE "C" NOT NULL,
    revision   integer,
    created_by uuid NOT NULL REFERENCES staff (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    FOREIGN KEY (article_id, language) REFERENCES translations (article_id, language)
);
CREATE INDEX preview_links_text ON preview_links (article_id, language, created_at, id);

-- Those without an agency are the house's.
CREATE TABLE front_pages (
    id         uuid NOT NULL PRIMARY KEY,
    name       text COLLATE "C" NOT NULL UNIQUE,
    agency_id  uuid REFERENCES agencies (id),
    created_by uuid,
    created_at timestamptz NOT NULL
);

-- What stands on a front page in one language.
CREATE TABLE front_page_editions (
    front_page_id uuid NOT NULL REFERENCES front_pages (id),
    language      text COLLATE "C" NOT NULL,
    slots         jsonb NOT NULL,
    version       bigint NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    uuid NOT NULL,
    PRIMARY KEY (front_page_id, language)
);

CREATE TABLE front_page_changes (
    id            uuid NOT NULL PRIMARY KEY,
    front_page_id uuid NOT NULL REFERENCES front_pages (id),
    language      text COLLATE "C" NOT NULL,
    at            timestamptz NOT NULL,
    slots         jsonb NOT NULL,
    state         text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'done', 'canceled')),
    created_by    uuid NOT NULL,
    created_at    timestamptz NOT NULL,
    ended_at      timestamptz
);
CREATE INDEX front_page_changes_waiting ON front_page_changes (front_page_id, language, at, id) WHERE state = 'waiting';

-- Front pages as delivery reads them: a slot shows while its text is public in the language of the page.
CREATE TABLE published_front_pages (
    name        text COLLATE "C" NOT NULL,
    language    text COLLATE "C" NOT NULL,
    agency_id   uuid,
    modified_at timestamptz NOT NULL,
    PRIMARY KEY (name, language)
);

CREATE TABLE published_front_page_slots (
    name       text COLLATE "C" NOT NULL,
    language   text COLLATE "C" NOT NULL,
    position   integer NOT NULL,
    article_id uuid NOT NULL,
    pinned     boolean NOT NULL,
    until      timestamptz,
    PRIMARY KEY (name, language, position)
);

CREATE INDEX published_changes_corrections ON published_changes (seq DESC) WHERE change_kind IN ('clarification', 'correction');

-- What is urgent is rare: lists of it read nothing else.
CREATE INDEX published_documents_urgent ON published_documents (published_at DESC, id DESC) WHERE urgency <= 3;
CREATE INDEX articles_urgent ON articles (updated_at DESC, id DESC) WHERE deleted_at IS NULL AND urgency <= 3;
