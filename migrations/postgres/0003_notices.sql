-- What a staff member is told.
CREATE TABLE notices (
    id         uuid NOT NULL PRIMARY KEY,
    staff_id   uuid NOT NULL REFERENCES staff (id),
    kind       text COLLATE "C" NOT NULL,
    article_id uuid,
    language   text COLLATE "C",
    by_id      uuid,
    details    jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    read_at    timestamptz
);
CREATE INDEX notices_staff ON notices (staff_id, created_at DESC, id DESC);
CREATE INDEX notices_unread ON notices (staff_id, created_at DESC, id DESC) WHERE read_at IS NULL;
