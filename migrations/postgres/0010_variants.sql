-- In which alphabet a text is written, where its language has several in one script.
ALTER TABLE translations ADD COLUMN orthography text COLLATE "C";
UPDATE translations SET orthography = '1995' WHERE language = 'uz';
UPDATE translations SET orthography = '2021' WHERE language = 'kk-Latn';

-- What an agency wants to happen with texts in other scripts by itself.
ALTER TABLE agencies ADD COLUMN variant_rules jsonb NOT NULL DEFAULT '[]';

-- A text that was made of another one by changing its script.
CREATE TABLE variants (
    article_id    uuid NOT NULL,
    language      text COLLATE "C" NOT NULL,
    from_language text COLLATE "C" NOT NULL,
    from_revision integer NOT NULL,
    engine        text COLLATE "C" NOT NULL,
    status        text COLLATE "C" NOT NULL CHECK (status IN ('auto', 'needs_review', 'reviewed', 'independent')),
    reason        text COLLATE "C",
    made          jsonb NOT NULL,
    corrections   jsonb NOT NULL,
    by_rule       boolean NOT NULL,
    -- Whether it left readers with its source, and comes back with it.
    left_with_source boolean NOT NULL,
    -- How the revision that readers see stands.
    published_status text COLLATE "C",
    PRIMARY KEY (article_id, language),
    FOREIGN KEY (article_id, language) REFERENCES translations (article_id, language)
);
CREATE INDEX variants_source ON variants (article_id, from_language);

-- What somebody has to look at in such a text, in reading order.
CREATE TABLE variant_warnings (
    id           uuid NOT NULL PRIMARY KEY,
    article_id   uuid NOT NULL,
    language     text COLLATE "C" NOT NULL,
    unit         text COLLATE "C" NOT NULL,
    unit_order   integer NOT NULL,
    start        integer NOT NULL,
    length       integer NOT NULL,
    made_start   integer NOT NULL,
    source_word  text COLLATE "C" NOT NULL,
    made_word    text COLLATE "C" NOT NULL,
    context_before text COLLATE "C" NOT NULL,
    context_after text COLLATE "C" NOT NULL,
    rule         text COLLATE "C" NOT NULL,
    message      text COLLATE "C" NOT NULL,
    alternatives jsonb NOT NULL,
    state        text COLLATE "C" NOT NULL CHECK (state IN ('open', 'accepted', 'corrected', 'overruled')),
    settled_by   uuid,
    settled_at   timestamptz,
    FOREIGN KEY (article_id, language) REFERENCES variants (article_id, language)
);
CREATE INDEX variant_warnings_text ON variant_warnings (article_id, language, unit_order, start, id);

-- Words that go their own way from one script into another, in lower case. An empty orthography is any; without an agency they are everybody's.
CREATE TABLE lexicon_entries (
    id            uuid NOT NULL PRIMARY KEY,
    agency_id     uuid REFERENCES agencies (id),
    from_language text COLLATE "C" NOT NULL,
    to_language   text COLLATE "C" NOT NULL,
    orthography   text COLLATE "C" NOT NULL,
    word          text COLLATE "C" NOT NULL,
    replacement   text COLLATE "C" NOT NULL,
    version       bigint NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    uuid NOT NULL,
    updated_at    timestamptz NOT NULL,
    updated_by    uuid NOT NULL
);
CREATE UNIQUE INDEX lexicon_entries_agency ON lexicon_entries (from_language, to_language, word, orthography, agency_id) WHERE agency_id IS NOT NULL;
CREATE UNIQUE INDEX lexicon_entries_all ON lexicon_entries (from_language, to_language, word, orthography) WHERE agency_id IS NULL;
