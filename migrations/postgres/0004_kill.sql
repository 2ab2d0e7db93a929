-- Stories that were withdrawn as a whole, and what takes their place.
ALTER TABLE articles ADD COLUMN killed_at timestamptz;
ALTER TABLE articles ADD COLUMN kill_reason text COLLATE "C";
ALTER TABLE articles ADD COLUMN kill_public_note text COLLATE "C";
ALTER TABLE articles ADD COLUMN kill_instruction text COLLATE "C";
ALTER TABLE articles ADD COLUMN replaces uuid REFERENCES articles (id);
ALTER TABLE published_documents ADD COLUMN replaces uuid;
CREATE INDEX published_documents_replaces ON published_documents (replaces) WHERE replaces IS NOT NULL;

-- The address that a withheld text had, for when it comes back.
ALTER TABLE translations ADD COLUMN withheld_slug text COLLATE "C";
-- The revision of the original that somebody compared the text with and found nothing to change.
ALTER TABLE translations ADD COLUMN checked_revision integer;

ALTER TABLE published_changes ADD COLUMN reason text COLLATE "C";
ALTER TABLE published_changes ADD COLUMN instruction text COLLATE "C";

-- Kills that wait for a second person, or did.
CREATE TABLE kill_orders (
    id            uuid NOT NULL PRIMARY KEY,
    article_id    uuid NOT NULL REFERENCES articles (id),
    reason        text COLLATE "C" NOT NULL,
    public_note   text COLLATE "C" NOT NULL,
    instruction   text COLLATE "C",
    ordered_by    uuid NOT NULL,
    ordered_at    timestamptz NOT NULL,
    closed_by     uuid,
    closed_at     timestamptz,
    outcome       text COLLATE "C" CHECK (outcome IN ('confirmed', 'canceled')),
    cancel_reason text COLLATE "C"
);
CREATE UNIQUE INDEX kill_orders_pending ON kill_orders (article_id) WHERE closed_at IS NULL;
