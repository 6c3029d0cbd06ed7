//! Which files a command line writes, as far as a small parser sees.
//!
//! For a warning only. Redirections, `tee`, `sed -i`, `cp` and `mv` are known, with literal names. What
//! a variable, a substitution or a pattern stands for is not, nor what a program does: such a word is
//! passed over, and the command line is never judged.

use std::path::{Path, PathBuf};

/// Longer command lines are not looked at.
const LONGEST: usize = 64 << 10;

/// The files that a command line seems to write, absolute. `folder` is where it runs.
pub fn written(command: &str, folder: Option<&Path>) -> Vec<PathBuf> {
    if command.len() > LONGEST {
        return Vec::new();
    }
    let mut folder = folder.map(Path::to_owned);
    let mut files = Vec::new();
    for simple in simple_commands(command) {
        let mut names: Vec<&str> = simple.targets.iter().map(String::as_str).collect();
        let words: Vec<Option<&str>> = simple.words.iter().map(Option::as_deref).collect();
        names.extend(written_by(&words));
        let absolute = |name: &str| match Path::new(name) {
            path if path.is_absolute() => Some(path.to_owned()),
            path => folder.as_ref().map(|folder| folder.join(path)),
        };
        for name in names {
            // Into a folder: under the name that it has.
            files.extend(absolute(name).into_iter().flat_map(|path| into(path, &words)));
        }
        if let [Some("cd"), target] = words.as_slice() {
            folder = match (target, folder) {
                (Some(target), Some(folder)) => Some(folder.join(target)),
                (Some(target), None) if target.starts_with('/') => Some(PathBuf::from(target)),
                _ => None,
            };
        }
    }
    files.sort();
    files.dedup();
    files
}

/// What `cp` and `mv` write when they are given a folder.
fn into(path: PathBuf, words: &[Option<&str>]) -> Vec<PathBuf> {
    let operands = operands(words);
    let copies = words.iter().flatten().any(|word| ["cp", "mv"].contains(word));
    match operands.split_last() {
        Some((Some(last), sources)) if copies && path.ends_with(last) && path.is_dir() => {
            let names = sources.iter().flatten().filter_map(|source| Path::new(source).file_name());
            names.map(|name| path.join(name)).collect()
        }
        _ => vec![path],
    }
}

/// The words that are neither the command nor its options.
fn operands<'a>(words: &[Option<&'a str>]) -> Vec<Option<&'a str>> {
    let rest = words.iter().skip(1).copied();
    rest.filter(|word| word.is_none_or(|word| !word.starts_with('-'))).collect()
}

/// The files that the command itself writes.
fn written_by<'a>(words: &[Option<&'a str>]) -> Vec<&'a str> {
    let Some((Some(name), rest)) = words.split_first() else { return Vec::new() };
    let name = name.rsplit('/').next().unwrap_or(name);
    match name {
        // What only runs another command.
        "sudo" | "command" | "nohup" | "time" | "env" | "exec" | "nice" => {
            let start = rest
                .iter()
                .position(|word| word.is_some_and(|word| !word.starts_with('-') && !word.contains('=')));
            start.map_or_else(Vec::new, |start| written_by(&rest[start..]))
        }
        "tee" => operands(words).into_iter().flatten().collect(),
        "sed" => {
            let is_in_place = |word: &&str| {
                word.starts_with("--in-place")
                    || word.starts_with('-') && !word.starts_with("--") && word.contains('i')
            };
            if !rest.iter().flatten().any(is_in_place) {
                return Vec::new();
            }
            let has_script =
                rest.iter().flatten().any(|word| ["-e", "-f", "--expression", "--file"].contains(word));
            operands(words).into_iter().skip(usize::from(!has_script)).flatten().collect()
        }
        "cp" | "mv" => {
            let operands = operands(words);
            let target = (operands.len() >= 2).then(|| operands.last().copied().flatten()).flatten();
            // What is moved away is written too.
            let sources = operands.iter().take(operands.len().saturating_sub(1)).filter(|_| name == "mv");
            target.into_iter().chain(sources.copied().flatten()).collect()
        }
        _ => Vec::new(),
    }
}

/// One command: its words, `None` for each that is not literal, and what its output goes to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Simple {
    words: Vec<Option<String>>,
    targets: Vec<String>,
}

/// Splits a command line at its operators.
fn simple_commands(text: &str) -> Vec<Simple> {
    let mut lexer = Lexer { rest: text, here: Vec::new() };
    let (mut commands, mut simple) = (Vec::new(), Simple::default());
    let mut redirected = false;
    while let Some(token) = lexer.next() {
        match token {
            Token::Word(word) if redirected => {
                redirected = false;
                simple.targets.extend(word);
            }
            Token::Word(Some(word)) if simple.words.is_empty() && is_noise(&word) => {}
            Token::Word(word) => simple.words.push(word),
            Token::Into => redirected = true,
            Token::From => {
                // What is read, or the end mark of a text that is given.
                lexer.next();
            }
            Token::End => {
                redirected = false;
                commands.push(std::mem::take(&mut simple));
            }
        }
    }
    commands.push(simple);
    commands
}

/// A word before a command: an assignment, or one of the shell's own.
fn is_noise(word: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    ["if", "then", "else", "elif", "do", "while", "until", "!", "{"].contains(&word)
        || word.split_once('=').is_some_and(|(name, _)| is_name(name))
}

enum Token {
    /// `None` where it is not literal.
    Word(Option<String>),
    /// `>` and its like.
    Into,
    /// `<` and its like.
    From,
    /// What ends a command.
    End,
}

/// Longer ones first. `<` and `<<` are read apart.
const OPERATORS: [(&str, Token); 19] = [
    ("&>>", Token::Into),
    ("&>", Token::Into),
    (">>", Token::Into),
    (">|", Token::Into),
    // A number or a name follows: the one is no file, and the other is hardly ever used.
    (">&", Token::From),
    ("<>", Token::Into),
    ("<<<", Token::From),
    ("<&", Token::From),
    ("<(", Token::End),
    (">(", Token::End),
    ("&&", Token::End),
    ("||", Token::End),
    (";", Token::End),
    ("&", Token::End),
    ("|", Token::End),
    ("(", Token::End),
    (")", Token::End),
    ("\n", Token::End),
    (">", Token::Into),
];

struct Lexer<'a> {
    rest: &'a str,
    /// The end marks of texts that begin with the next line.
    here: Vec<String>,
}

impl Lexer<'_> {
    fn next(&mut self) -> Option<Token> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r']);
            if let Some(rest) = self.rest.strip_prefix("\\\n") {
                self.rest = rest;
                continue;
            }
            if self.rest.starts_with('#') {
                self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
                continue;
            }
            break;
        }
        if self.rest.is_empty() {
            return None;
        }
        if let Some(rest) = self.rest.strip_prefix("<<").filter(|rest| !rest.starts_with('<')) {
            self.rest = rest.trim_start_matches('-');
            if let Some(Token::Word(Some(mark))) = self.word_after_blanks() {
                self.here.push(mark);
            }
            return self.next();
        }
        for (operator, token) in OPERATORS {
            if let Some(rest) = self.rest.strip_prefix(operator) {
                self.rest = rest;
                if operator == "\n" {
                    self.skip_here();
                }
                return Some(token);
            }
        }
        if let Some(rest) = self.rest.strip_prefix('<') {
            self.rest = rest;
            return Some(Token::From);
        }
        // The number before a redirection.
        let digits = self.rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        if digits.len() < self.rest.len() && digits.starts_with(['<', '>']) {
            self.rest = digits;
            return self.next();
        }
        Some(self.word())
    }

    fn word_after_blanks(&mut self) -> Option<Token> {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        (!self.rest.is_empty()).then(|| self.word())
    }

    /// Passes over texts that are given in the command line itself.
    fn skip_here(&mut self) {
        for mark in std::mem::take(&mut self.here) {
            loop {
                let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
                self.rest = rest;
                if line.trim_start_matches('\t') == mark || rest.is_empty() {
                    break;
                }
            }
        }
    }

    fn word(&mut self) -> Token {
        let (mut word, mut is_literal) = (String::new(), true);
        let mut letters = self.rest.char_indices();
        let mut quote = None;
        let mut end = self.rest.len();
        while let Some((at, letter)) = letters.next() {
            match (quote, letter) {
                (Some('\''), '\'') | (Some('"'), '"') => quote = None,
                (Some('\''), letter) => word.push(letter),
                (_, '\\') => match letters.next() {
                    Some((_, '\n')) => {}
                    Some((_, letter)) => word.push(letter),
                    None => {}
                },
                (_, '$' | '`') => is_literal = false,
                (Some(_), letter) => word.push(letter),
                (None, '\'' | '"') => quote = Some(letter),
                (None, ' ' | '\t' | '\n' | '\r' | ';' | '&' | '|' | '(' | ')' | '<' | '>') => {
                    end = at;
                    break;
                }
                (None, '*' | '?' | '[') => {
                    is_literal = false;
                    word.push(letter);
                }
                (None, '~') if word.is_empty() => is_literal = false,
                (None, letter) => word.push(letter),
            }
        }
        self.rest = &self.rest[end..];
        Token::Word(is_literal.then_some(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(command: &str) -> Vec<String> {
        let files = written(command, Some(Path::new("/w")));
        files.into_iter().map(|file| file.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn what_a_command_line_writes() {
        for (command, files) in [
            ("echo x > notes.md", &["/w/notes.md"][..]),
            ("echo x>>a 2>&1", &["/w/a"]),
            ("cmd 2>err >'a b' &>c", &["/w/a b", "/w/c", "/w/err"]),
            ("echo x | tee -a one two", &["/w/one", "/w/two"]),
            ("sed -i 's/a/b/' f && sed -i.bak -e x g", &["/w/f", "/w/g"]),
            ("sed -n p f", &[]),
            ("cp a b; mv c /d", &["/d", "/w/b", "/w/c"]),
            ("cd sub && echo > f", &["/w/sub/f"]),
            ("cd \"$X\" && echo > f", &[]),
            ("FOO=1 sudo tee /etc/x <in", &["/etc/x"]),
            ("cat <<EOF > out\necho > no\nEOF\necho > yes", &["/w/out", "/w/yes"]),
            ("if true; then echo > f; fi", &["/w/f"]),
            ("echo > $HOME/x > `y` > ~/z > *.md", &[]),
            ("echo 'a > b' \"c > d\" \\> e # > f", &[]),
            ("git status", &[]),
            ("aimem update f .", &[]),
            ("", &[]),
        ] {
            assert_eq!(names(command), files, "{command}");
        }
    }

    proptest! {
        #[test]
        fn any_command_line_is_read_without_a_panic(command: String) {
            names(&command);
        }

        #[test]
        fn any_operators_are_read_without_a_panic(parts in proptest::collection::vec("[<>&|;()'\"\\\\$`# \na-]{0,4}", 0..20)) {
            names(&parts.concat());
        }
    }
}
