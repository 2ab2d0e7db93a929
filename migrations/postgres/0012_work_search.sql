-- Work in progress, as editors find it: one row for each text, with the terms of its newest revision, made by src/search.
CREATE TABLE work_search (
    article_id uuid NOT NULL,
    language   text COLLATE "C" NOT NULL,
    terms      tsvector NOT NULL,
    PRIMARY KEY (article_id, language),
    FOREIGN KEY (article_id, language) REFERENCES translations (article_id, language) ON DELETE CASCADE
);
CREATE INDEX work_search_terms ON work_search USING gin (terms) WITH (fastupdate = on, gin_pending_list_limit = 256);
