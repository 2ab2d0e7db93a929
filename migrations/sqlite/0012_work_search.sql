-- Work in progress, as editors find it: one row for each text.
CREATE TABLE work_search (
    id         INTEGER PRIMARY KEY,
    article_id BLOB NOT NULL,
    language   TEXT NOT NULL,
    UNIQUE (article_id, language),
    FOREIGN KEY (article_id, language) REFERENCES translations (article_id, language) ON DELETE CASCADE
) STRICT;

-- The terms of the newest revision of each text, made by src/search; the rowid is its id. The text itself is not kept here.
CREATE VIRTUAL TABLE work_search_terms USING fts5(terms, content = '', contentless_delete = 1, tokenize = 'ascii');

CREATE TRIGGER work_search_gone AFTER DELETE ON work_search BEGIN
    DELETE FROM work_search_terms WHERE rowid = old.id;
END;
