//! The rows of an import, as CSV or JSON, each read and checked for itself.

use super::{NewStaff, table};
use crate::error::{Code, Error, Fault, Faults, Result};
use crate::extract::{Raw, from_json, object_from_json};
use serde::Deserialize;
use serde_json::Value;

/// Rows of an import.
pub(super) const MOST: usize = 500;

/// A row that could be told from the others.
#[derive(Debug)]
pub(super) struct Row {
    /// Counted from 1, without the header.
    pub number: u32,
    /// As the row has it.
    pub email: Option<String>,
    /// Whom to hire, or what is wrong.
    pub read: Result<NewStaff, Vec<Fault>>,
}

/// Reads the rows of a body.
///
/// # Errors
/// `unsupported_media_type`; `malformed_body` when there are no rows to be told apart; `validation_failed` for more than 500.
pub(super) fn read(raw: &Raw) -> Result<Vec<Row>> {
    match raw.media_type.as_str() {
        "application/json" => from_list(&raw.bytes),
        "text/csv" => table::read(&raw.bytes),
        _ => Err(Error::new(Code::UnsupportedMediaType, "The body must be sent as application/json or text/csv.")),
    }
}

pub(super) fn too_many(pointer: &str) -> Error {
    Error::invalid(pointer, "too_many", format!("has more than {MOST} rows; send them in several files"))
}

pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

/// The other form of the JSON body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped {
    staff: Vec<Value>,
}

fn from_list(bytes: &[u8]) -> Result<Vec<Row>> {
    let is_list = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let (pointer, values) = if is_list { ("", from_json::<Vec<Value>>(bytes)?) } else { ("/staff", from_json::<Wrapped>(bytes)?.staff) };
    if values.len() > MOST {
        return Err(too_many(pointer));
    }
    let row = |(index, value): (usize, &Value)| {
        let email = value.get("email").and_then(Value::as_str).map(str::to_owned);
        Row { number: number(index), email, read: from_value(value) }
    };
    Ok(values.iter().enumerate().map(row).collect())
}

fn from_value(value: &Value) -> Result<NewStaff, Vec<Fault>> {
    let new: NewStaff = object_from_json(value.to_string().as_bytes()).map_err(|error| error.faults)?;
    let mut faults = Faults::default();
    new.check(&mut faults);
    faults.finish().map_err(|error| error.faults)?;
    Ok(new)
}

#[cfg(test)]
impl Row {
    /// Where its faults are.
    pub fn pointers(&self) -> Vec<&str> {
        self.read.as_ref().err().into_iter().flatten().filter_map(|fault| fault.pointer.as_deref()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(media_type: &str, body: &str) -> Result<Vec<Row>> {
        read(&Raw { media_type: media_type.to_owned(), bytes: body.as_bytes().to_vec() })
    }

    #[test]
    fn json_rows_fail_one_by_one() {
        let list = r#"[{"email": "a@b.example", "role": "editor", "languages": ["kk"], "names": {"kk": "Дана"}},
            {"email": "c@d.example", "role": "boss", "languages": ["kk"], "names": {"kk": "Дана"}}, {"email": "x"}, 7]"#;
        for body in [list.to_owned(), format!(r#"{{"staff": {list}}}"#)] {
            let rows = rows("application/json", &body).unwrap();
            assert_eq!(
                rows.iter().map(|row| (row.number, row.email.as_deref())).collect::<Vec<_>>(),
                [(1, Some("a@b.example")), (2, Some("c@d.example")), (3, Some("x")), (4, None)]
            );
            assert_eq!(rows.iter().map(Row::pointers).collect::<Vec<_>>(), [vec![], vec!["/role"], vec!["/role"], vec![""]]);
        }
    }

    #[test]
    fn what_has_no_rows_is_refused() {
        let many = |n: usize| format!("email,role,languages,name\n{}", "a@b.example,editor,kk,Dana\n".repeat(n));
        for (media_type, body, code) in [
            ("application/json", "{}".to_owned(), Code::MalformedBody),
            ("application/json", "7".to_owned(), Code::MalformedBody),
            ("application/json", format!("[{}1]", "1,".repeat(500)), Code::ValidationFailed),
            ("text/csv", many(501), Code::ValidationFailed),
            ("text/csv", "a\0b".to_owned(), Code::ValidationFailed),
            ("text/plain", many(1), Code::UnsupportedMediaType),
            ("", String::new(), Code::UnsupportedMediaType),
        ] {
            assert_eq!(rows(media_type, &body).unwrap_err().code, code, "{media_type} {}", body.len());
        }
        assert_eq!(rows("text/csv", &many(500)).unwrap().len(), 500);
    }
}
