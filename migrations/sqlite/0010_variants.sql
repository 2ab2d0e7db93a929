-- In which alphabet a text is written, where its language has several in one script.
ALTER TABLE translations ADD COLUMN orthography TEXT;
UPDATE translations SET orthography = '1995' WHERE language = 'uz';
UPDATE translations SET orthography = '2021' WHERE language = 'kk-Latn';

-- What an agency wants to happen with texts in other scripts by itself.
ALTER TABLE agencies ADD COLUMN variant_rules TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(variant_rules));

-- A text that was made of another one by changing its script.
CREATE TABLE variants (
    article_id    BLOB NOT NULL,
    language      TEXT NOT NULL,
    from_language TEXT NOT NULL,
    from_revision INTEGER NOT NULL,
    engine        TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('auto', 'needs_review', 'reviewed', 'independent')),
    reason        TEXT,
    made          TEXT NOT NULL CHECK (json_valid(made)),
    corrections   TEXT NOT NULL CHECK (json_valid(corrections)),
    by_rule       INTEGER NOT NULL CHECK (by_rule IN (0, 1)),
    -- Whether it left readers with its source, and comes back with it.
    left_with_source INTEGER NOT NULL CHECK (left_with_source IN (0, 1)),
    -- How the revision that readers see stands.
    published_status TEXT,
    PRIMARY KEY (article_id, language),
    FOREIGN KEY (article_id, language) REFERENCES translations (article_id, language)
) STRICT, WITHOUT ROWID;
CREATE INDEX variants_source ON variants (article_id, from_language);

-- What somebody has to look at in such a text, in reading order.
CREATE TABLE variant_warnings (
    id           BLOB NOT NULL PRIMARY KEY,
    article_id   BLOB NOT NULL,
    language     TEXT NOT NULL,
    unit         TEXT NOT NULL,
    unit_order   INTEGER NOT NULL,
    start        INTEGER NOT NULL,
    length       INTEGER NOT NULL,
    made_start   INTEGER NOT NULL,
    source_word  TEXT NOT NULL,
    made_word    TEXT NOT NULL,
    context_before TEXT NOT NULL,
    context_after TEXT NOT NULL,
    rule         TEXT NOT NULL,
    message      TEXT NOT NULL,
    alternatives TEXT NOT NULL CHECK (json_valid(alternatives)),
    state        TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'corrected', 'overruled')),
    settled_by   BLOB,
    settled_at   INTEGER,
    FOREIGN KEY (article_id, language) REFERENCES variants (article_id, language)
) STRICT, WITHOUT ROWID;
CREATE INDEX variant_warnings_text ON variant_warnings (article_id, language, unit_order, start, id);

-- Words that go their own way from one script into another, in lower case. An empty orthography is any; without an agency they are everybody's.
CREATE TABLE lexicon_entries (
    id            BLOB NOT NULL PRIMARY KEY,
    agency_id     BLOB REFERENCES agencies (id),
    from_language TEXT NOT NULL,
    to_language   TEXT NOT NULL,
    orthography   TEXT NOT NULL,
    word          TEXT NOT NULL,
    replacement   TEXT NOT NULL,
    version       INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    created_by    BLOB NOT NULL,
    updated_at    INTEGER NOT NULL,
    updated_by    BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX lexicon_entries_agency ON lexicon_entries (from_language, to_language, word, orthography, agency_id) WHERE agency_id IS NOT NULL;
CREATE UNIQUE INDEX lexicon_entries_all ON lexicon_entries (from_language, to_language, word, orthography) WHERE agency_id IS NULL;
