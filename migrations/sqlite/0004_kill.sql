-- Stories that were withdrawn as a whole, and what takes their place.
ALTER TABLE articles ADD COLUMN killed_at INTEGER;
ALTER TABLE articles ADD COLUMN kill_reason TEXT;
ALTER TABLE articles ADD COLUMN kill_public_note TEXT;
ALTER TABLE articles ADD COLUMN kill_instruction TEXT;
ALTER TABLE articles ADD COLUMN replaces BLOB REFERENCES articles (id);
ALTER TABLE published_documents ADD COLUMN replaces BLOB;
CREATE INDEX published_documents_replaces ON published_documents (replaces) WHERE replaces IS NOT NULL;

-- The address that a withheld text had, for when it comes back.
ALTER TABLE translations ADD COLUMN withheld_slug TEXT;
-- The revision of the original that somebody compared the text with and found nothing to change.
ALTER TABLE translations ADD COLUMN checked_revision INTEGER;

ALTER TABLE published_changes ADD COLUMN reason TEXT;
ALTER TABLE published_changes ADD COLUMN instruction TEXT;

-- Kills that wait for a second person, or did.
CREATE TABLE kill_orders (
    id            BLOB NOT NULL PRIMARY KEY,
    article_id    BLOB NOT NULL REFERENCES articles (id),
    reason        TEXT NOT NULL,
    public_note   TEXT NOT NULL,
    instruction   TEXT,
    ordered_by    BLOB NOT NULL,
    ordered_at    INTEGER NOT NULL,
    closed_by     BLOB,
    closed_at     INTEGER,
    outcome       TEXT CHECK (outcome IN ('confirmed', 'canceled')),
    cancel_reason TEXT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX kill_orders_pending ON kill_orders (article_id) WHERE closed_at IS NULL;
