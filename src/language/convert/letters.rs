//! Alphabets that go letter by letter.

use super::{Piece, Word};

fn one(text: Option<&'static str>) -> Option<Piece> {
    text.map(|text| Piece::of(1, text))
}

pub(super) fn azerbaijani(word: &Word<'_>, place: usize) -> Option<Piece> {
    let letter = word.get(place)?;
    one(match letter {
        'г' => Some("q"),
        'ғ' => Some("ğ"),
        'ә' | 'ə' => Some("ə"),
        'ж' => Some("j"),
        'ы' => Some("ı"),
        'ј' | 'й' => Some("y"),
        'ҝ' => Some("g"),
        'х' => Some("x"),
        'һ' => Some("h"),
        'ҹ' => Some("c"),
        'ё' => Some("yo"),
        'ю' => Some("yu"),
        'я' => Some("ya"),
        _ => common(letter),
    })
}

pub(super) fn turkmen(word: &Word<'_>, place: usize) -> Option<Piece> {
    one(match (word.get(place)?, word.before(place)) {
        ('е', None | Some('а' | 'ә' | 'е' | 'ё' | 'и' | 'о' | 'ө' | 'у' | 'ү' | 'ы' | 'э' | 'ю' | 'я' | 'ъ' | 'ь')) => Some("ýe"),
        (letter, _) => match letter {
            'в' => Some("w"),
            'г' => Some("g"),
            'ё' => Some("ýo"),
            'ж' => Some("ž"),
            'җ' => Some("j"),
            'й' => Some("ý"),
            'ң' => Some("ň"),
            'х' => Some("h"),
            'ы' => Some("y"),
            'ә' => Some("ä"),
            'ю' => Some("ýu"),
            'я' => Some("ýa"),
            _ => common(letter),
        },
    })
}

/// The letters of the common Turkic alphabet nearest to those in use.
pub(super) fn kyrgyz(word: &Word<'_>, place: usize) -> Option<Piece> {
    let letter = word.get(place)?;
    one(match letter {
        'г' => Some("g"),
        'ё' => Some("yo"),
        'ж' => Some("j"),
        'й' | 'ы' => Some("y"),
        'ң' => Some("ñ"),
        'х' => Some("h"),
        'ю' => Some("yu"),
        'я' => Some("ya"),
        _ => common(letter),
    })
}

/// What all of these have in common.
pub(super) fn common(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'д' => "d",
        'е' | 'э' => "e",
        'з' => "z",
        'и' => "i",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'ө' => "ö",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ү' => "ü",
        'ф' => "f",
        'ц' => "ts",
        'ч' => "ç",
        'ш' => "ş",
        'щ' => "şç",
        'ъ' | 'ь' => "",
        _ => return None,
    })
}
