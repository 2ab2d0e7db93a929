-- What is public, as search finds it: one row for each document, with its terms, made by src/search.
CREATE TABLE published_search (
    document_id  bigint NOT NULL PRIMARY KEY REFERENCES published_documents (id) ON DELETE CASCADE,
    published_at timestamptz NOT NULL,
    terms        tsvector NOT NULL
);
-- Readers look through what is not merged yet: it stays short.
CREATE INDEX published_search_terms ON published_search USING gin (terms) WITH (fastupdate = on, gin_pending_list_limit = 256);
