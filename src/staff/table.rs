//! Staff as a table: CSV (RFC 4180) as spreadsheets write it.

use super::rows::{MOST, Row, number, too_many};
use super::{NewStaff, check_email, check_profile};
use crate::db::TextEnum;
use crate::error::{Code, Error, Fault, Faults, Result};
use crate::language::Tag;
use crate::names::Names;
use crate::policy::Role;
use csv::{ReaderBuilder, StringRecord, Trim};

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    Email,
    Role,
    Languages,
    Agency,
    Byline,
    /// In a language, or the first of the person's.
    Name(Option<Tag>),
    Bio(Option<Tag>),
}

impl Column {
    fn of(title: &str) -> Result<Self, String> {
        let title = title.trim().to_lowercase();
        let (kind, language) = title.split_once(':').map_or((title.as_str(), None), |(kind, language)| (kind, Some(language)));
        let tag = || language.map(|tag| Tag::parse(tag.trim())).transpose().map_err(|error| format!("`{title}`: {error}"));
        match (kind.trim(), language) {
            ("name", _) => Ok(Self::Name(tag()?)),
            ("bio", _) => Ok(Self::Bio(tag()?)),
            ("email", None) => Ok(Self::Email),
            ("role", None) => Ok(Self::Role),
            ("languages", None) => Ok(Self::Languages),
            ("agency", None) => Ok(Self::Agency),
            ("byline", None) => Ok(Self::Byline),
            _ => Err(format!("`{title}` is not a column; known are email, role, languages, name, name:kk, agency, byline, bio, bio:kk")),
        }
    }
}

/// Columns that are looked at; with more, one of them is there twice.
const MOST_COLUMNS: usize = 100;

/// The columns that a header names.
fn columns(header: &StringRecord) -> Result<Vec<Column>> {
    let mut faults = vec![];
    let mut fault = |code: &'static str, detail: String| faults.push(Fault { pointer: Some(String::new()), parameter: None, code: code.into(), detail });
    let mut columns = vec![];
    for title in header.iter().take(MOST_COLUMNS) {
        match Column::of(title) {
            Ok(column) if columns.contains(&column) => fault("duplicate_member", format!("the column `{title}` is there twice")),
            Ok(column) => columns.push(column),
            Err(detail) => fault("unknown_member", detail),
        }
    }
    let has = |wanted: fn(&Column) -> bool| columns.iter().any(wanted);
    for (there, name) in [
        (has(|column| *column == Column::Email), "email"),
        (has(|column| *column == Column::Role), "role"),
        (has(|column| *column == Column::Languages), "languages"),
        (has(|column| matches!(column, Column::Name(_))), "name"),
    ] {
        if !there {
            fault("missing_member", format!("the column `{name}` is missing"));
        }
    }
    if faults.is_empty() { Ok(columns) } else { Err(Error { faults, ..malformed("The first line must name the columns.") }) }
}

fn malformed(detail: &'static str) -> Error {
    Error::new(Code::MalformedBody, detail)
}

/// `;` where the header has more of them: spreadsheets write it in countries that have a decimal comma.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    if header.matches(';').count() > header.matches(',').count() { b';' } else { b',' }
}

/// Reads the rows of a file.
///
/// # Errors
/// `malformed_body` with all that is wrong with the header; `validation_failed` for too many rows.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Row>> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("The file is not UTF-8; save it as \"CSV UTF-8\"."))?;
    if text.contains('\0') {
        return Err(Error::invalid("", "nul", "contains the character U+0000, which cannot be stored"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let unreadable = |_: csv::Error| malformed("The file cannot be read as CSV (RFC 4180).");
    let mut reader = ReaderBuilder::new().delimiter(delimiter(text)).flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    let columns = columns(reader.headers().map_err(unreadable)?)?;
    let mut rows = vec![];
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(unreadable)?;
        // Spreadsheets write lines of empty cells.
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() == MOST {
            return Err(too_many(""));
        }
        let draft = Draft::of(&columns, &record);
        rows.push(Row { number: number(index), email: draft.email.clone(), read: draft.finish() });
    }
    Ok(rows)
}

/// A row of CSV on its way.
#[derive(Default)]
struct Draft {
    email: Option<String>,
    role: Option<Role>,
    languages: Vec<Tag>,
    agency: Option<String>,
    byline: bool,
    name: Option<String>,
    names: Names,
    bio: Option<String>,
    bios: Names,
    faults: Faults,
    /// A cell cannot be read, and what hangs on it need not be told.
    is_role_odd: bool,
    are_languages_odd: bool,
}

impl Draft {
    fn of(columns: &[Column], record: &StringRecord) -> Self {
        let mut draft = Self::default();
        for (column, cell) in columns.iter().zip(record).filter(|(_, cell)| !cell.is_empty()) {
            draft.take(column, cell);
        }
        if record.iter().skip(columns.len()).any(|cell| !cell.is_empty()) {
            draft.faults.add("", "too_many", "has more cells than the header; a cell with a delimiter in it needs quotes");
        }
        draft
    }

    fn take(&mut self, column: &Column, cell: &str) {
        let text = || cell.to_owned();
        match column {
            Column::Email => self.email = Some(text()),
            Column::Agency => self.agency = Some(text()),
            Column::Role => self.take_role(cell),
            Column::Languages => self.take_languages(cell),
            Column::Byline => self.take_byline(cell),
            Column::Name(None) => self.name = Some(text()),
            Column::Bio(None) => self.bio = Some(text()),
            Column::Name(Some(tag)) => drop(self.names.insert(tag.clone(), text())),
            Column::Bio(Some(tag)) => drop(self.bios.insert(tag.clone(), text())),
        }
    }

    fn take_role(&mut self, cell: &str) {
        self.role = Role::ALL.iter().copied().find(|role| role.as_str().eq_ignore_ascii_case(cell));
        if self.role.is_none() {
            self.is_role_odd = true;
            self.faults.add("/role", "unknown_value", "is not one of journalist, editor, admin");
        }
    }

    fn take_languages(&mut self, cell: &str) {
        let tags = cell.split(|c: char| c.is_whitespace() || matches!(c, ';' | ',')).filter(|tag| !tag.is_empty());
        for (i, tag) in tags.enumerate() {
            match Tag::parse(tag) {
                Ok(tag) => self.languages.push(tag),
                Err(error) => {
                    self.are_languages_odd = true;
                    self.faults.add(format!("/languages/{i}"), "invalid", error.to_string());
                }
            }
        }
    }

    fn take_byline(&mut self, cell: &str) {
        match cell.to_lowercase().as_str() {
            "true" | "yes" | "1" => self.byline = true,
            "false" | "no" | "0" => self.byline = false,
            _ => self.faults.add("/byline", "wrong_type", "must be true or false"),
        }
    }

    fn finish(mut self) -> Result<NewStaff, Vec<Fault>> {
        if let Some(first) = self.languages.first() {
            for (plain, texts) in [(self.name.take(), &mut self.names), (self.bio.take(), &mut self.bios)] {
                if let Some(plain) = plain {
                    texts.entry(first.clone()).or_insert(plain);
                }
            }
        }
        let email = self.email.unwrap_or_default();
        check_email(&mut self.faults, &email);
        if self.role.is_none() && !self.is_role_odd {
            self.faults.add("/role", "missing_member", "is missing");
        }
        if !self.are_languages_odd {
            check_profile(&mut self.faults, &self.languages, &self.names, &self.bios);
        }
        self.faults.finish().map_err(|error| error.faults)?;
        Ok(NewStaff {
            email,
            // Without one there was a fault.
            role: self.role.unwrap_or(Role::Journalist),
            agency: self.agency,
            languages: self.languages,
            names: self.names,
            bios: self.bios,
            byline: self.byline,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(file: &str) -> Vec<Row> {
        read(file.as_bytes()).unwrap()
    }

    #[test]
    fn both_delimiters_and_a_byte_order_mark_are_read() {
        for file in [
            "email,role,languages,name,name:en,byline,bio:kk\na@b.example,Editor,kk ru,Дана,Dana,true,\n",
            "\u{feff}Email;Role;Languages;Name;Name:EN;Byline;bio:kaz\r\na@b.example;editor;\"kk;ru\";Дана;Dana;yes;\r\n",
            "name:en,name:kk,languages,role,email,byline,agency\n\n Dana , Дана ,\"kk, ru\",editor, a@b.example,1\n,,,,,,\n",
        ] {
            let rows = rows(file);
            assert_eq!(rows.len(), 1, "{file}");
            let new = rows[0].read.as_ref().unwrap();
            assert_eq!((new.email.as_str(), new.role, new.byline, new.agency.as_deref()), ("a@b.example", Role::Editor, true, None));
            assert_eq!(new.languages.iter().map(Tag::as_str).collect::<Vec<_>>(), ["kk", "ru"]);
            let names: Vec<(&str, &str)> = new.names.iter().map(|(tag, name)| (tag.as_str(), name.as_str())).collect();
            assert_eq!(names, [("en", "Dana"), ("kk", "Дана")], "{file}");
            assert!(new.bios.is_empty());
        }
    }

    #[test]
    fn a_row_tells_all_its_faults() {
        let header = "email,role,languages,name,byline\n";
        for (row, expected) in [
            ("a@b.example,editor,kk,Dana,no", vec![]),
            ("a@b.example,boss,kk,Dana,perhaps", vec!["/role", "/byline"]),
            ("nowhere,,xx kk,Dana", vec!["/languages/0", "/email", "/role"]),
            (",editor,,Dana,", vec!["/email", "/languages", "/names"]),
            ("a@b.example,editor,kk,Dana,no,more", vec![""]),
            ("a@b.example,editor,kk kaz,,", vec!["/languages/1", "/names"]),
        ] {
            let rows = rows(&format!("{header}{row}\n"));
            assert_eq!(rows[0].pointers(), expected, "{row}");
        }
    }

    #[test]
    fn a_header_must_be_whole() {
        for (file, codes) in [
            ("", vec!["missing_member"; 4]),
            ("email,role,languages,phone,name\n", vec!["unknown_member"]),
            ("email,role,languages,name:xx\n", vec!["unknown_member", "missing_member"]),
            ("email,role,languages,name:kk,name:kaz\n", vec!["duplicate_member"]),
        ] {
            let error = read(file.as_bytes()).unwrap_err();
            assert_eq!(error.code, Code::MalformedBody, "{file}");
            assert_eq!(error.faults.iter().map(|fault| fault.code.as_ref()).collect::<Vec<_>>(), codes, "{file}");
        }
    }
}
