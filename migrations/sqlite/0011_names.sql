-- People, places and bodies with their spelling in each language.
CREATE TABLE names (
    id          BLOB NOT NULL PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('person', 'place', 'body')),
    code        TEXT UNIQUE,
    spellings   TEXT NOT NULL CHECK (json_valid(spellings)),
    note        TEXT,
    state       TEXT NOT NULL CHECK (state IN ('active', 'retired')),
    -- What it is called in the list that a house begins with, so that it comes once.
    seed        TEXT UNIQUE,
    -- Of kind, code and spellings: no name is there twice.
    fingerprint TEXT NOT NULL UNIQUE,
    -- Of the rules that made its keys.
    key_version INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    created_by  BLOB,
    updated_at  INTEGER NOT NULL,
    updated_by  BLOB,
    version     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX names_updated ON names (updated_at, id);

-- The spellings one by one; the first of a language is 0.
CREATE TABLE name_spellings (
    name_id  BLOB NOT NULL REFERENCES names (id),
    language TEXT NOT NULL,
    ordinal  INTEGER NOT NULL,
    written  TEXT NOT NULL,
    sort_key BLOB NOT NULL,
    PRIMARY KEY (name_id, language, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX name_spellings_sorted ON name_spellings (language, sort_key, name_id) WHERE ordinal = 0;

-- The words of the spellings, in lower case.
CREATE TABLE name_words (
    name_id  BLOB NOT NULL REFERENCES names (id),
    language TEXT NOT NULL,
    ordinal  INTEGER NOT NULL,
    position INTEGER NOT NULL,
    word     TEXT NOT NULL,
    -- Words of the spelling.
    words    INTEGER NOT NULL,
    PRIMARY KEY (name_id, language, ordinal, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX name_words_word ON name_words (language, word, name_id);

-- The keys of those words, for all languages together.
CREATE TABLE name_word_keys (
    key     TEXT NOT NULL,
    name_id BLOB NOT NULL REFERENCES names (id),
    PRIMARY KEY (key, name_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX name_word_keys_name ON name_word_keys (name_id);

-- What names in use are found by in texts and queries: the keys of their words, by stems of the first.
CREATE TABLE published_name_keys (
    anchor  TEXT NOT NULL,
    name_id BLOB NOT NULL,
    keys    TEXT NOT NULL,
    PRIMARY KEY (anchor, name_id, keys)
) STRICT, WITHOUT ROWID;
CREATE INDEX published_name_keys_name ON published_name_keys (name_id, keys);
