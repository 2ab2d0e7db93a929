-- What is public, as search finds it: one row for each document. Places rise with (published_at, document_id), so that the newest come first
-- without sorting; texts for which there was no room between two others have negative ones, in no order.
CREATE TABLE published_search (
    document_id  INTEGER NOT NULL PRIMARY KEY REFERENCES published_documents (id) ON DELETE CASCADE,
    published_at INTEGER NOT NULL,
    place        INTEGER NOT NULL UNIQUE
) STRICT;
CREATE INDEX published_search_order ON published_search (published_at, document_id) WHERE place > 0;

-- The terms of each document, made by src/search; the rowid is its place. The text itself is not kept here.
CREATE VIRTUAL TABLE published_search_terms USING fts5(terms, content = '', contentless_delete = 1, tokenize = 'ascii');

CREATE TRIGGER published_search_gone AFTER DELETE ON published_search BEGIN
    DELETE FROM published_search_terms WHERE rowid = old.place;
END;
