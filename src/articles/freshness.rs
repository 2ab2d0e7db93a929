//! How a translation stands to its original: computed from the revision of it that the translation was made from, never stored.

use crate::db::Query;
use crate::text_enum;

text_enum! {
    /// How a translation stands to its original.
    pub enum Freshness {
        /// It was made from what readers see of the original; before they see anything, from its newest revision.
        Current = "current",
        /// Nothing but typing errors have been mended since.
        Drifted = "drifted",
        /// The original says something else now.
        Stale = "stale",
        /// The original is not public any more.
        Orphaned = "orphaned",
        /// It goes its own way, on purpose.
        Detached = "detached",
    }
}

/// Appends the freshness of the text `t` with the original `o`; NULL for an original, and for what was killed.
pub fn push_freshness(query: Query<'_>) -> Query<'_> {
    query.push(
        "CASE WHEN t.is_original OR t.publication = 'killed' OR o.article_id IS NULL THEN NULL WHEN t.detached_at IS NOT NULL THEN 'detached' \
         WHEN o.publication IN ('unpublished', 'withheld', 'killed') THEN 'orphaned' \
         WHEN t.base_revision >= COALESCE(o.published_revision, o.revision) THEN 'current' \
         WHEN o.first_published_at IS NULL OR EXISTS (SELECT 1 FROM published_changes c WHERE c.article_id = o.article_id AND c.language = o.language \
         AND c.revision > COALESCE(t.base_revision, 0) AND (c.change_kind <> 'fix' OR c.seq = (SELECT min(f.seq) FROM published_changes f \
         WHERE f.article_id = o.article_id AND f.language = o.language))) THEN 'stale' ELSE 'drifted' END",
    )
}

/// Appends whether readers of the text `t` have yet to be told of a clarification or correction of its original `o`: they saw the
/// text before it, or it was written before, and since then no clarification or correction of the text itself was published, nor was it compared with the
/// corrected original and found right.
pub fn push_correction_pending(query: Query<'_>) -> Query<'_> {
    query.push(
        "(NOT t.is_original AND t.detached_at IS NULL AND t.publication = 'published' AND EXISTS (SELECT 1 FROM published_changes c \
         WHERE c.article_id = o.article_id AND c.language = o.language AND c.change_kind IN ('clarification', 'correction') \
         AND c.revision > COALESCE(t.checked_revision, 0) AND (c.revision > COALESCE(t.base_revision, 0) OR EXISTS (SELECT 1 FROM published_changes f \
         WHERE f.article_id = t.article_id AND f.language = t.language AND f.seq < c.seq)) AND NOT EXISTS (SELECT 1 FROM published_changes p WHERE p.article_id = t.article_id \
         AND p.language = t.language AND p.seq > c.seq AND p.change_kind IN ('clarification', 'correction'))))",
    )
}

/// Appends the join that [`push_freshness`] and [`push_correction_pending`] need.
pub fn push_original(query: Query<'_>) -> Query<'_> {
    query.push(" LEFT JOIN translations o ON o.article_id = t.article_id AND o.is_original AND o.deleted_at IS NULL")
}
