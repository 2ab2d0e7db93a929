//! The script of a letter.

use crate::language::Script;

/// The script of a letter; `None` for one of a script that is not ours, and for what is no letter.
///
/// Source: Unicode, `Blocks.txt`.
#[must_use]
pub fn script_of(c: char) -> Option<Script> {
    if !c.is_alphabetic() {
        return None;
    }
    match u32::from(c) {
        0..=0x24f | 0x250..=0x2af | 0x1e00..=0x1eff | 0x2c60..=0x2c7f | 0xa720..=0xa7ff | 0xfb00..=0xfb06 | 0xff21..=0xff5a => Some(Script::Latn),
        0x400..=0x52f | 0x1c80..=0x1c8f | 0x2de0..=0x2dff | 0xa640..=0xa69f => Some(Script::Cyrl),
        0x600..=0x6ff | 0x750..=0x77f | 0x870..=0x8ff | 0xfb50..=0xfdff | 0xfe70..=0xfeff => Some(Script::Arab),
        _ => None,
    }
}
