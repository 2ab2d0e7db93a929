//! What a change of a record comes to, for the details of an entry.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// Old and new values of what is small, and the names of what is not: the log holds no words of texts.
#[derive(Debug, Default)]
pub struct Changes {
    small: Map<String, Value>,
    large: Vec<Value>,
}

impl Changes {
    /// A member whose values may be told: a role, a state, a date.
    #[must_use]
    pub fn small<T: Serialize + PartialEq>(mut self, name: &str, from: &T, to: &T) -> Self {
        if from != to {
            self.small.insert(name.to_owned(), json!({ "from": from, "to": to }));
        }
        self
    }

    /// A member of which only is told that it changed.
    #[must_use]
    pub fn large<T: PartialEq>(mut self, name: &str, from: &T, to: &T) -> Self {
        if from != to {
            self.large.push(name.into());
        }
        self
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.small.is_empty() && self.large.is_empty()
    }

    /// `{"role": {"from": …, "to": …}, "changed": ["names"]}`.
    #[must_use]
    pub fn details(self) -> Value {
        let mut details = self.small;
        if !self.large.is_empty() {
            details.insert("changed".to_owned(), Value::Array(self.large));
        }
        Value::Object(details)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_told() {
        let same = Changes::default().small("role", &"editor", &"editor").large("names", &1, &1);
        assert!(same.is_empty());
        let changes = Changes::default().small("role", &"editor", &"admin").small("state", &1, &1).large("names", &"a", &"b");
        assert_eq!(changes.details(), json!({ "role": { "from": "editor", "to": "admin" }, "changed": ["names"] }));
    }
}
