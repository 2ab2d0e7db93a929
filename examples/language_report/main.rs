//! How right the language core is: `cargo run --example language_report` prints the tables of `docs/language.md`.

#![expect(clippy::print_stdout, reason = "the report goes to standard output")]

mod report;

fn main() {
    print!("{}", report::report());
}
