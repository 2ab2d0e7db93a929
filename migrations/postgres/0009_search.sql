-- What is public, as search finds it: one row for each document, with its terms, made by src/search and packed: a dot says where the stem of a
-- key ends, and spellings has four bytes for each word as it stands.
CREATE TABLE published_search (
    document_id  bigint NOT NULL PRIMARY KEY REFERENCES published_documents (id) ON DELETE CASCADE,
    published_at timestamptz NOT NULL,
    terms        text COLLATE "C" NOT NULL,
    spellings    bytea NOT NULL
);
-- Rows are short: what is found is sorted by date without its terms being read.
ALTER TABLE published_search SET (toast_tuple_target = 128);
DO $$
BEGIN
    EXECUTE 'ALTER TABLE published_search ALTER COLUMN terms SET COMPRESSION lz4';
EXCEPTION WHEN OTHERS THEN
    NULL; -- This server was built without it, and compresses in the way that it has.
END
$$;

-- The terms of a row. What it costs is said, so that they are read from the index, never made anew for each row.
CREATE FUNCTION published_terms(terms text, spellings bytea) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
DECLARE
    digits CONSTANT text := encode(spellings, 'hex');
BEGIN
    RETURN array_to_tsvector(
        string_to_array(replace(terms, '.', ''), ' ')
        || ARRAY (
            SELECT translate(left(term, 1), 'kh', 'sz') || substr(split_part(term, '.', 1), 2)
            FROM unnest(string_to_array(terms, ' ')) AS term WHERE strpos(term, '.') > 0
        )
        || ARRAY (SELECT 'x' || substr(digits, place, 8) FROM generate_series(1, length(digits), 8) AS place)
    );
END
$$;
-- Readers look through what is not merged yet: it stays short.
CREATE INDEX published_search_terms ON published_search USING gin (published_terms(terms, spellings)) WITH (fastupdate = on, gin_pending_list_limit = 256);
-- Nothing is known of how frequent a term is: the index is always asked.
ALTER INDEX published_search_terms ALTER COLUMN 1 SET STATISTICS 0;
