//! JSON Merge Patch (RFC 7396): absent, null and a value are three things.

use crate::error::Faults;
use serde::{Deserialize, Deserializer};

/// A member of a patch. With `#[serde(default)]`, absent means: leave it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    #[default]
    Absent,
    Null,
    Value(T),
}

impl<T> Patch<T> {
    /// The new value of a member that may be empty.
    pub fn apply(self, old: Option<T>) -> Option<T> {
        match self {
            Self::Absent => old,
            Self::Null => None,
            Self::Value(new) => Some(new),
        }
    }

    /// The new value of a member that cannot be empty; notes a fault for null.
    pub fn kept(self, pointer: &str, old: T, faults: &mut Faults) -> T {
        match self {
            Self::Absent => old,
            Self::Value(new) => new,
            Self::Null => {
                faults.add(pointer, "required", "cannot be null");
                old
            }
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Sample {
        #[serde(default)]
        note: Patch<String>,
    }

    #[test]
    fn three_things() {
        let apply = |json: &str| serde_json::from_str::<Sample>(json).unwrap().note.apply(Some("old".to_owned()));
        assert_eq!(apply("{}").as_deref(), Some("old"));
        assert_eq!(apply(r#"{"note": null}"#), None);
        assert_eq!(apply(r#"{"note": "new"}"#).as_deref(), Some("new"));
    }
}
