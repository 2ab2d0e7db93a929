-- In which alphabet a revision is written: the newest one as its text says.
ALTER TABLE revisions ADD COLUMN orthography TEXT;
DROP TRIGGER revisions_no_update;
UPDATE revisions SET orthography = (SELECT t.orthography FROM translations t WHERE t.article_id = revisions.article_id AND t.language = revisions.language);
CREATE TRIGGER revisions_no_update BEFORE UPDATE ON revisions BEGIN SELECT RAISE(ABORT, 'revisions is append-only'); END;

-- From a moment on a language is written in another alphabet: by an agency, or by all.
CREATE TABLE orthography_switches (
    id             BLOB NOT NULL PRIMARY KEY,
    agency_id      BLOB REFERENCES agencies (id),
    language       TEXT NOT NULL,
    to_orthography TEXT NOT NULL,
    run_at         INTEGER NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'canceled')),
    started_at     INTEGER,
    finished_at    INTEGER,
    created_by     BLOB NOT NULL,
    version        INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    updated_by     BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX orthography_switches_agency ON orthography_switches (language, agency_id) WHERE agency_id IS NOT NULL AND state IN ('waiting', 'running');
CREATE UNIQUE INDEX orthography_switches_site ON orthography_switches (language) WHERE agency_id IS NULL AND state IN ('waiting', 'running');

-- What became of each text.
CREATE TABLE orthography_switch_texts (
    switch_id  BLOB NOT NULL REFERENCES orthography_switches (id),
    article_id BLOB NOT NULL,
    agency_id  BLOB NOT NULL,
    outcome    TEXT NOT NULL CHECK (outcome IN ('published', 'converted', 'unchanged', 'left_alone', 'failed')),
    reason     TEXT,
    revision   INTEGER NOT NULL,
    doubtful   INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (switch_id, article_id)
) STRICT, WITHOUT ROWID;
