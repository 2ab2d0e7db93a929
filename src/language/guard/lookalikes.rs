//! Letters of different scripts that look alike.

use crate::language::Script;

/// Cyrillic and Latin.
const PAIRS: &[(char, char)] = &[
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('у', 'y'),
    ('х', 'x'),
    ('к', 'k'),
    ('і', 'i'),
    ('ј', 'j'),
    ('һ', 'h'),
    ('ә', 'ə'),
    ('ё', 'ë'),
    ('ї', 'ï'),
    ('ѕ', 's'),
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('Х', 'X'),
    ('У', 'Y'),
    ('Ү', 'Y'),
    ('І', 'I'),
    ('Ј', 'J'),
    ('Ә', 'Ə'),
    ('Ѕ', 'S'),
    ('Ё', 'Ë'),
    ('Ї', 'Ï'),
];

/// Greek, and the Latin letter that looks like it.
const GREEK: &[(char, char)] = &[
    ('ο', 'o'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Υ', 'Y'),
    ('Χ', 'X'),
];

/// The letter of `script` that looks like `c`, which is of another one.
pub(super) fn lookalike(c: char, script: Script) -> Option<char> {
    let latin = GREEK.iter().find(|(greek, _)| *greek == c).map(|(_, latin)| *latin);
    match script {
        Script::Latn => latin.or_else(|| PAIRS.iter().find(|(cyrillic, _)| *cyrillic == c).map(|(_, latin)| *latin)),
        Script::Cyrl => {
            let c = latin.unwrap_or(c);
            PAIRS.iter().find(|(_, latin)| *latin == c).map(|(cyrillic, _)| *cyrillic)
        }
        Script::Arab => None,
    }
}
