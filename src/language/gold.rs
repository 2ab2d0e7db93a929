//! The tables that the language core is tested with.

pub const MUST_MATCH: &str = include_str!("../../tests/data/lang/must_match.tsv");
pub const AZ: &str = include_str!("../../tests/data/lang/gold_pairs_az.tsv");
pub const UZ: &str = include_str!("../../tests/data/lang/gold_pairs_uz.tsv");
pub const KK_ARAB: &str = include_str!("../../tests/data/lang/gold_pairs_kk_arab.tsv");
pub const UG: &str = include_str!("../../tests/data/lang/gold_pairs_ug.tsv");

fn lines(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

/// Rows of three columns, without the heading.
pub fn rows(table: &'static str) -> Vec<(&'static str, &'static str, &'static str)> {
    lines(table).skip(1).filter_map(|row| Some((*row.first()?, *row.get(1)?, *row.get(2)?))).collect()
}

/// Rows of two columns.
pub fn pairs(table: &'static str) -> Vec<(&'static str, &'static str)> {
    lines(table).filter_map(|row| Some((*row.first()?, *row.get(1)?))).collect()
}
