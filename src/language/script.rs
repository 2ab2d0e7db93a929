//! Scripts, and the direction in which they run.

use serde::{Deserialize, Serialize};

/// A script of the newsroom, as an ISO 15924 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Script {
    Latn,
    Cyrl,
    Arab,
}

impl Script {
    pub(super) const ALL: [Self; 3] = [Self::Latn, Self::Cyrl, Self::Arab];

    /// The code as it stands in a tag: `Cyrl`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Latn => "Latn",
            Self::Cyrl => "Cyrl",
            Self::Arab => "Arab",
        }
    }

    #[must_use]
    pub const fn direction(self) -> Direction {
        match self {
            Self::Latn | Self::Cyrl => Direction::Ltr,
            Self::Arab => Direction::Rtl,
        }
    }

    /// Whether `subtag` means this script: its code, or its English name, in any case.
    pub(super) fn answers_to(self, subtag: &str) -> bool {
        let name = match self {
            Self::Latn => "Latin",
            Self::Cyrl => "Cyrillic",
            Self::Arab => "Arabic",
        };
        subtag.eq_ignore_ascii_case(self.as_str()) || subtag.eq_ignore_ascii_case(name)
    }
}

/// The direction of a text: the `dir` of HTML, the `direction` of every answer and feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Ltr,
    Rtl,
}

impl Direction {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_answers_to_its_code_and_its_name() {
        for (subtag, script) in [
            ("Latn", Script::Latn),
            ("latin", Script::Latn),
            ("CYRL", Script::Cyrl),
            ("Cyrillic", Script::Cyrl),
            ("arab", Script::Arab),
            ("Arabic", Script::Arab),
        ] {
            let answering: Vec<_> = Script::ALL.into_iter().filter(|script| script.answers_to(subtag)).collect();
            assert_eq!(answering, [script], "{subtag}");
        }
    }

    #[test]
    fn a_direction_is_spoken_as_it_is_named() {
        for direction in [Direction::Ltr, Direction::Rtl] {
            let json = serde_json::to_value(direction).unwrap();
            assert_eq!(json, direction.as_str());
        }
        assert_eq!(Script::Arab.direction(), Direction::Rtl);
        assert_eq!(Script::Cyrl.direction(), Direction::Ltr);
    }
}
