//! What was probably meant where a filter is not understood, told from the text around the place.

/// A slip that people often make.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Slip {
    /// This variable was not given a value.
    Variable(String),
    /// The sentence says what to write.
    Write(String),
}

/// Words of other languages, and jq's.
const FOREIGN: [(&str, &str); 9] = [
    ("None", "null"),
    ("nil", "null"),
    ("NULL", "null"),
    ("undefined", "null"),
    ("True", "true"),
    ("TRUE", "true"),
    ("False", "false"),
    ("FALSE", "false"),
    ("len", "length"),
];

/// The slip at a byte offset, if it looks like one. `undefined`: what stands there is a name that means
/// nothing, and otherwise the filter would be understood.
pub(crate) fn at(source: &str, at: usize, undefined: bool) -> Option<Slip> {
    let (before, rest) = source.split_at(at);
    let name = name_at(rest);
    let before = before.trim_end();
    let text = match rest.chars().next()? {
        '\'' => "texts stand in double quotes: \"…\"".to_owned(),
        '$' if rest.starts_with("${") => {
            "a filter does not see the shell's variables: give it one of its own, $NAME".to_owned()
        }
        '$' if undefined => return Some(Slip::Variable(name_at(&rest[1..]).to_owned())),
        ';' => "`;` stands between a filter's arguments only; steps follow each other with `|`".to_owned(),
        ':' if rest.starts_with(":=") => "a value is set with `=`".to_owned(),
        sign @ ('+' | '-') if before.ends_with(sign) => format!("to count: `{sign}= 1`"),
        '(' if is_method(before) => {
            "values have no methods: write `VALUE | NAME(…)`; elements are added with `+= [ … ]`".to_owned()
        }
        _ if name.is_empty() || !undefined => return None,
        _ => match FOREIGN.iter().find(|row| row.0 == name) {
            Some((_, meant)) => format!("it is called `{meant}` here"),
            None => unknown(before, name),
        },
    };
    Some(Slip::Write(text))
}

/// For a name that means nothing.
fn unknown(before: &str, name: &str) -> String {
    if let Some(key) = before.strip_suffix('-').map(last_key).filter(|key| !key.is_empty()) {
        return format!("a key with a dash stands in quotes: .\"{key}-{name}\"");
    }
    if before.ends_with(['=', ':', ',', '[', '+']) {
        return format!("a text stands in double quotes: \"{name}\"; a key begins with a dot: .{name}");
    }
    format!("a key begins with a dot: .{name}; what can be called is listed by `builtins`")
}

fn name_at(text: &str) -> &str {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let end = text.find(|letter| !is_part(letter)).unwrap_or(text.len());
    if text.starts_with(|first: char| first.is_ascii_digit()) { "" } else { &text[..end] }
}

/// The key that a text ends with, as in `.a`.
fn last_key(text: &str) -> &str {
    text.rsplit_once('.').map(|(_, key)| key).filter(|key| name_at(key) == *key).unwrap_or_default()
}

fn is_method(before: &str) -> bool {
    before.contains('.') && !last_key(before).is_empty()
}

#[cfg(test)]
mod tests {
    use crate::{Bindings, Filter, FilterError, Slip};

    fn refused(filter: &str) -> FilterError {
        Filter::compile(filter, &Bindings::default()).err().unwrap()
    }

    #[test]
    fn what_was_meant_is_told_from_the_text() {
        for (filter, says) in [
            (".x = foo", "\"foo\""),
            ("{a: foo}", "\"foo\""),
            ("name = 1", ".name;"),
            (".n | lenght", "`builtins`"),
            (".a-b = 1", ".\"a-b\""),
            (".x = None", "`null`"),
            (".x = 'a'", "double quotes"),
            (".n++", "`+= 1`"),
            (".n := 2", "`=`"),
            (".n = 2;", "`|`"),
            (".list.push(1)", "`+= [ … ]`"),
            (".n = ${N}", "shell"),
        ] {
            let error = refused(filter);
            let Some(Slip::Write(text)) = error.slip() else { panic!("{filter}: {error:?}") };
            assert!(text.contains(says), "{filter}: {text}");
        }
        let error = refused(".n = $n");
        assert_eq!(error.slip(), Some(&Slip::Variable("n".to_owned())));
        for filter in [".n[", ".n |", "(1", ".n 1", ". as [$a] | $a +", "é", "\"\\q\"", "@nope"] {
            let error = refused(filter);
            assert_eq!(error.slip(), None, "{filter}");
        }
    }
}
