-- Work that is asked of an agency. Without a due time, `due_at` is the end of time, so that lists have one order.
CREATE TABLE assignments (
    id                  uuid NOT NULL PRIMARY KEY,
    article_id          uuid NOT NULL REFERENCES articles (id),
    language            text COLLATE "C" NOT NULL,
    kind                text COLLATE "C" NOT NULL CHECK (kind IN ('write', 'translate', 'review')),
    state               text COLLATE "C" NOT NULL
        CHECK (state IN ('requested', 'claimed', 'in_progress', 'submitted', 'returned', 'accepted', 'declined', 'canceled')),
    story_agency_id     uuid NOT NULL REFERENCES agencies (id),
    agency_id           uuid NOT NULL REFERENCES agencies (id),
    requested_agency_id uuid NOT NULL REFERENCES agencies (id),
    requested_by        uuid NOT NULL,
    assignee_id         uuid REFERENCES staff (id),
    lease_expires_at    timestamptz,
    due_at              timestamptz NOT NULL,
    note                text COLLATE "C",
    reason              text COLLATE "C",
    change_kind         text COLLATE "C",
    revision            integer,
    version             bigint NOT NULL,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    updated_by          uuid NOT NULL,
    closed_at           timestamptz
);
CREATE UNIQUE INDEX assignments_open ON assignments (article_id, language, kind) WHERE closed_at IS NULL;
CREATE INDEX assignments_article ON assignments (article_id, agency_id, state);
CREATE INDEX assignments_agency ON assignments (agency_id, due_at, id);
CREATE INDEX assignments_agency_open ON assignments (agency_id, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX assignments_story ON assignments (story_agency_id, due_at, id);
CREATE INDEX assignments_story_open ON assignments (story_agency_id, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX assignments_agency_language ON assignments (agency_id, language, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX assignments_story_language ON assignments (story_agency_id, language, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX assignments_language_open ON assignments (language, due_at, id) WHERE closed_at IS NULL;
CREATE INDEX assignments_due ON assignments (due_at, id);
CREATE INDEX assignments_due_open ON assignments (due_at, id) WHERE closed_at IS NULL;
CREATE INDEX assignments_assignee ON assignments (assignee_id, due_at, id) WHERE assignee_id IS NOT NULL;
