//! Text into HTML: nothing of it is ever markup.

/// Text with its line breaks.
pub(super) fn push_lines(out: &mut String, text: &str) {
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push_str("<br/>");
        }
        push_text(out, line);
    }
}

/// Escaped text, with spaces in a row kept.
fn push_text(out: &mut String, text: &str) {
    let mut spaces = 0;
    for c in text.chars() {
        if c == ' ' {
            spaces += 1;
            continue;
        }
        push_spaces(out, &mut spaces);
        push_escaped(out, c);
    }
    push_spaces(out, &mut spaces);
}

fn push_spaces(out: &mut String, spaces: &mut usize) {
    for _ in 1..*spaces {
        out.push_str("&nbsp;");
    }
    if *spaces > 0 {
        out.push(' ');
    }
    *spaces = 0;
}

pub(super) fn push_attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for c in value.chars() {
        push_escaped(out, c);
    }
    out.push('"');
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#x27;"),
        other => out.push(other),
    }
}
