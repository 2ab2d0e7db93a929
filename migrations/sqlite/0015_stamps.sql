-- How often each part of what readers see has changed.
ALTER TABLE published_stamps ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
