//! How neighbouring list items nest.
//!
//! Portable Text has no lists, only items with a level. They become lists as in `nestLists` of `@portabletext/toolkit` (html mode): a deeper
//! item opens a list in the item above it; a shallower one goes on with the open list of its level and kind; where there is none, or where
//! the kind changes at the same level, a new list begins at the top.

use super::ListKind;

/// What an item does to the lists that are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placement {
    /// The next item of the innermost list.
    Next,
    /// The first item of a list within the last item.
    Nested,
    /// Closes that many lists, then is the next item of what is innermost.
    Back(usize),
    /// Closes all lists, that many, then is the first item of a new one.
    Fresh(usize),
}

/// The lists that are open, outermost first. Levels rise, so there are at most six.
#[derive(Debug, Default)]
pub(super) struct OpenLists(Vec<(u8, ListKind)>);

impl OpenLists {
    /// Places an item of this level (1 or more) and kind.
    pub(super) fn place(&mut self, level: u8, kind: ListKind) -> Placement {
        match self.0.last() {
            Some(&(open, open_kind)) if open == level && open_kind == kind => Placement::Next,
            Some(&(open, _)) if open < level => {
                self.0.push((level, kind));
                Placement::Nested
            }
            _ => self.back_or_fresh(level, kind),
        }
    }

    fn back_or_fresh(&mut self, level: u8, kind: ListKind) -> Placement {
        let open = self.0.len();
        if let Some(index) = self.0.iter().position(|list| *list == (level, kind)) {
            self.0.truncate(index + 1);
            return Placement::Back(open - self.0.len());
        }
        self.0.clear();
        self.0.push((level, kind));
        Placement::Fresh(open)
    }

    /// Closes all lists and tells how many there were.
    pub(super) fn close(&mut self) -> usize {
        let open = self.0.len();
        self.0.clear();
        open
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ListKind::{Bullet, Number};
    use Placement::{Back, Fresh, Nested, Next};

    #[test]
    fn items_are_placed_as_in_the_toolkit() {
        let items = [
            (1, Bullet, Fresh(0)),
            (1, Bullet, Next),
            (2, Bullet, Nested),
            (2, Number, Fresh(2)),
            (1, Number, Fresh(1)),
            (3, Number, Nested),
            (6, Bullet, Nested),
            (2, Number, Fresh(3)),
            (4, Number, Nested),
            (2, Number, Back(1)),
            (2, Bullet, Fresh(1)),
        ];
        let mut lists = OpenLists::default();
        for (index, (level, kind, expected)) in items.into_iter().enumerate() {
            assert_eq!(lists.place(level, kind), expected, "item {index}");
        }
        assert_eq!(lists.close(), 1);
    }
}
