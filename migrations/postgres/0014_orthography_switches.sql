-- In which alphabet a revision is written: the newest one as its text says.
ALTER TABLE revisions ADD COLUMN orthography text COLLATE "C";
ALTER TABLE revisions DISABLE TRIGGER revisions_no_change;
UPDATE revisions SET orthography = t.orthography FROM translations t WHERE t.article_id = revisions.article_id AND t.language = revisions.language;
ALTER TABLE revisions ENABLE TRIGGER revisions_no_change;

-- From a moment on a language is written in another alphabet: by an agency, or by all.
CREATE TABLE orthography_switches (
    id             uuid NOT NULL PRIMARY KEY,
    agency_id      uuid REFERENCES agencies (id),
    language       text COLLATE "C" NOT NULL,
    to_orthography text COLLATE "C" NOT NULL,
    run_at         timestamptz NOT NULL,
    state          text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'canceled')),
    started_at     timestamptz,
    finished_at    timestamptz,
    created_by     uuid NOT NULL,
    version        bigint NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    updated_by     uuid NOT NULL
);
CREATE UNIQUE INDEX orthography_switches_agency ON orthography_switches (language, agency_id) WHERE agency_id IS NOT NULL AND state IN ('waiting', 'running');
CREATE UNIQUE INDEX orthography_switches_site ON orthography_switches (language) WHERE agency_id IS NULL AND state IN ('waiting', 'running');

-- What became of each text.
CREATE TABLE orthography_switch_texts (
    switch_id  uuid NOT NULL REFERENCES orthography_switches (id),
    article_id uuid NOT NULL,
    agency_id  uuid NOT NULL,
    outcome    text COLLATE "C" NOT NULL CHECK (outcome IN ('published', 'converted', 'unchanged', 'left_alone', 'failed')),
    reason     text COLLATE "C",
    revision   integer NOT NULL,
    doubtful   integer NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (switch_id, article_id)
);
