//! The report in the docs is what the command prints.

#[path = "../../examples/language_report/report.rs"]
mod report;

#[test]
fn the_docs_have_the_figures_of_today() {
    let docs = include_str!("../../docs/language.md");
    let printed = report::report();
    assert!(docs.contains(&printed), "docs/language.md has other figures; cargo run --example language_report prints those of today:\n{printed}");
    assert!(!printed.contains("not explained"), "{printed}");
}
