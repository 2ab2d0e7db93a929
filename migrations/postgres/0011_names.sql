-- People, places and bodies with their spelling in each language.
CREATE TABLE names (
    id          uuid NOT NULL PRIMARY KEY,
    kind        text COLLATE "C" NOT NULL CHECK (kind IN ('person', 'place', 'body')),
    code        text COLLATE "C" UNIQUE,
    spellings   jsonb NOT NULL,
    note        text COLLATE "C",
    state       text COLLATE "C" NOT NULL CHECK (state IN ('active', 'retired')),
    -- What it is called in the list that a house begins with, so that it comes once.
    seed        text COLLATE "C" UNIQUE,
    -- Of kind, code and spellings: no name is there twice.
    fingerprint text COLLATE "C" NOT NULL UNIQUE,
    -- Of the rules that made its keys.
    key_version integer NOT NULL,
    created_at  timestamptz NOT NULL,
    created_by  uuid,
    updated_at  timestamptz NOT NULL,
    updated_by  uuid,
    version     bigint NOT NULL
);
CREATE INDEX names_updated ON names (updated_at, id);

-- The spellings one by one; the first of a language is 0.
CREATE TABLE name_spellings (
    name_id  uuid NOT NULL REFERENCES names (id),
    language text COLLATE "C" NOT NULL,
    ordinal  integer NOT NULL,
    written  text COLLATE "C" NOT NULL,
    sort_key bytea NOT NULL,
    PRIMARY KEY (name_id, language, ordinal)
);
CREATE INDEX name_spellings_sorted ON name_spellings (language, sort_key, name_id) WHERE ordinal = 0;

-- The words of the spellings, in lower case.
CREATE TABLE name_words (
    name_id  uuid NOT NULL REFERENCES names (id),
    language text COLLATE "C" NOT NULL,
    ordinal  integer NOT NULL,
    position integer NOT NULL,
    word     text COLLATE "C" NOT NULL,
    -- Words of the spelling.
    words    integer NOT NULL,
    PRIMARY KEY (name_id, language, ordinal, position)
);
CREATE INDEX name_words_word ON name_words (language, word, name_id);

-- The keys of those words, for all languages together.
CREATE TABLE name_word_keys (
    key     text COLLATE "C" NOT NULL,
    name_id uuid NOT NULL REFERENCES names (id),
    PRIMARY KEY (key, name_id)
);
CREATE INDEX name_word_keys_name ON name_word_keys (name_id);

-- What names in use are found by in texts and queries: the keys of their words, by stems of the first.
CREATE TABLE published_name_keys (
    anchor  text COLLATE "C" NOT NULL,
    name_id uuid NOT NULL,
    keys    text COLLATE "C" NOT NULL,
    PRIMARY KEY (anchor, name_id, keys)
);
CREATE INDEX published_name_keys_name ON published_name_keys (name_id, keys);
