//! Reading JSON members, noting faults with their place.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::super::Fault;

/// Faults that are reported; who sends more has another problem.
const MAX_FAULTS: usize = 50;

/// A place in the JSON, as a path from the root that is written out only when there is a fault.
#[derive(Clone, Copy)]
pub(super) struct At<'p> {
    parent: Option<&'p At<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Item(usize),
    Member(&'p str),
}

impl<'p> At<'p> {
    pub(super) const ROOT: At<'static> = At { parent: None, step: Step::Root };

    pub(super) const fn item(&'p self, index: usize) -> Self {
        At { parent: Some(self), step: Step::Item(index) }
    }

    pub(super) const fn member(&'p self, name: &'p str) -> Self {
        At { parent: Some(self), step: Step::Member(name) }
    }

    /// The JSON pointer (RFC 6901).
    fn pointer(&self) -> String {
        let mut steps = Vec::new();
        let mut here = Some(self);
        while let Some(at) = here {
            match at.step {
                Step::Root => {}
                Step::Item(index) => steps.push(format!("/{index}")),
                Step::Member(name) => steps.push(format!("/{}", name.replace('~', "~0").replace('/', "~1"))),
            }
            here = at.parent;
        }
        steps.reverse();
        steps.concat()
    }
}

/// An object and its place.
#[derive(Clone, Copy)]
pub(super) struct Object<'v, 'p> {
    members: &'v Map<String, Value>,
    pub(super) at: &'p At<'p>,
}

/// How many items an array or how many characters a text may have.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub(super) min: usize,
    pub(super) max: usize,
}

/// Collects the faults, and counts the characters of all texts. What is faulty reads as absent: the faults refuse the whole.
#[derive(Default)]
pub(super) struct Reader {
    faults: Vec<Fault>,
    pub(super) characters: usize,
}

impl Reader {
    pub(super) fn fault(&mut self, at: &At<'_>, code: &'static str, detail: impl Into<String>) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault { pointer: at.pointer(), code, detail: detail.into() });
        }
    }

    pub(super) fn finish<T>(self, value: T) -> Result<T, Vec<Fault>> {
        if self.faults.is_empty() { Ok(value) } else { Err(self.faults) }
    }

    pub(super) fn object<'v, 'p>(&mut self, value: &'v Value, at: &'p At<'p>) -> Option<Object<'v, 'p>> {
        let Value::Object(members) = value else {
            self.fault(at, "wrong_type", "must be an object");
            return None;
        };
        Some(Object { members, at })
    }

    /// The `_type` of an object.
    pub(super) fn kind<'v>(&mut self, object: Object<'v, '_>) -> Option<&'v str> {
        let value = self.required(object, "_type")?;
        self.string(value, &object.at.member("_type"))
    }

    pub(super) fn unknown_kind(&mut self, object: Object<'_, '_>, kind: &str, known: &str) {
        let detail = format!("`{}` is not a type known here; use {known}", shown(kind));
        self.fault(&object.at.member("_type"), "unknown_type", detail);
    }

    /// Notes the members that are not among `known`.
    pub(super) fn only(&mut self, object: Object<'_, '_>, known: &[&str]) {
        for name in object.members.keys().filter(|name| !known.contains(&name.as_str())) {
            let detail = format!("`{}` is not a member of this; known are {}", shown(name), known.join(", "));
            if shown(name) == *name {
                self.fault(&object.at.member(name), "unknown_member", detail);
            } else {
                self.fault(object.at, "unknown_member", detail);
            }
        }
    }

    pub(super) fn optional<'v>(object: Object<'v, '_>, name: &str) -> Option<&'v Value> {
        object.members.get(name)
    }

    pub(super) fn required<'v>(&mut self, object: Object<'v, '_>, name: &str) -> Option<&'v Value> {
        let value = object.members.get(name);
        if value.is_none() {
            self.fault(&object.at.member(name), "missing_member", "is missing");
        }
        value
    }

    pub(super) fn string<'v>(&mut self, value: &'v Value, at: &At<'_>) -> Option<&'v str> {
        let Value::String(text) = value else {
            self.fault(at, "wrong_type", "must be a string");
            return None;
        };
        Some(text)
    }

    /// A text member that has to be there.
    pub(super) fn text(&mut self, object: Object<'_, '_>, name: &str, range: Range) -> Option<String> {
        let value = self.required(object, name)?;
        self.checked_text(value, &object.at.member(name), range)
    }

    /// A text member that may be missing.
    pub(super) fn optional_text(&mut self, object: Object<'_, '_>, name: &str, max: usize) -> Option<String> {
        let value = Self::optional(object, name)?;
        self.checked_text(value, &object.at.member(name), Range { min: 0, max })
    }

    fn checked_text(&mut self, value: &Value, at: &At<'_>, range: Range) -> Option<String> {
        let text = self.string(value, at)?;
        let length = text.chars().count();
        self.characters = self.characters.saturating_add(length);
        if text.contains('\0') {
            self.fault(at, "nul", "contains the character U+0000, which cannot be stored");
        }
        if length > range.max {
            self.fault(at, "too_long", format!("has {length} characters; at most {} are allowed", range.max));
        }
        if range.min > 0 && text.trim().is_empty() {
            self.fault(at, "too_short", "must not be blank");
        }
        Some(text.to_owned())
    }

    /// A member whose value is one of a few strings, and may be missing.
    pub(super) fn choice<T: Copy>(&mut self, object: Object<'_, '_>, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let value = Self::optional(object, name)?;
        let at = object.at.member(name);
        let text = self.string(value, &at)?;
        let chosen = choices.iter().find(|(choice, _)| *choice == text);
        if chosen.is_none() {
            let known: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
            self.fault(&at, "unknown_value", format!("`{}` is not one of {}", shown(text), known.join(", ")));
        }
        chosen.map(|(_, value)| *value)
    }

    /// The items of an array, at most as many as are allowed.
    pub(super) fn items<'v>(&mut self, value: &'v Value, at: &At<'_>, range: Range) -> &'v [Value] {
        let Value::Array(items) = value else {
            self.fault(at, "wrong_type", "must be an array");
            return &[];
        };
        let (length, Range { min, max }) = (items.len(), range);
        if length < min {
            self.fault(at, "too_short", format!("needs at least {min} item"));
        }
        if length > max {
            self.fault(at, "too_many", format!("has {length} items; at most {max} are allowed"));
        }
        items.get(..max).unwrap_or(items)
    }

    /// The `_key` of an object, when it is there and right.
    pub(super) fn key<'v>(&mut self, object: Object<'v, '_>) -> Option<&'v str> {
        let value = Self::optional(object, "_key")?;
        let at = object.at.member("_key");
        let key = self.string(value, &at)?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if key.is_empty() || key.len() > 64 || !key.bytes().all(allowed) {
            self.fault(&at, "invalid_key", "must be 1 to 64 of the characters A-Z, a-z, 0-9, `_` and `-`");
            return None;
        }
        Some(key)
    }

    /// The keys of sibling objects. Those that are missing are made from the position: `b3` for the fourth with the prefix `b`, with `x1` or
    /// more behind it where another one has that key.
    pub(super) fn keys(&mut self, items: &[Value], at: &At<'_>, prefix: &str) -> Vec<String> {
        let mut taken = HashSet::new();
        let mut given = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let here = at.item(index);
            let key = item.as_object().and_then(|members| self.key(Object { members, at: &here }));
            if let Some(key) = key
                && !taken.insert(key.to_owned())
            {
                self.fault(&here.member("_key"), "duplicate_key", format!("`{key}` is the key of an item before this one"));
            }
            given.push(key);
        }
        let made = |(index, key): (usize, Option<&str>)| {
            if let Some(key) = key {
                return key.to_owned();
            }
            let base = format!("{prefix}{index}");
            let mut key = base.clone();
            let mut number = 0;
            while !taken.insert(key.clone()) {
                number += 1;
                key = format!("{base}x{number}");
            }
            key
        };
        given.into_iter().enumerate().map(made).collect()
    }
}

/// The start of what was sent, for messages.
pub(super) fn shown(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
