//! Random documents, written down in every style, by a writer that knows where it put what.

use std::ops::Range;

/// A generator of numbers, for documents that only depend on a seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// Below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    pub fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> &'t T {
        from[self.below(from.len())]
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

/// A value that holds no others, an empty array or object among them.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The way to it, as the JSON array of its keys.
    pub path: Vec<String>,
    pub range: Range<usize>,
    /// What it means, in the plainest spelling; a number in its own.
    pub meaning: String,
}

/// An array or object that is not empty.
#[derive(Debug, Clone)]
pub struct Container {
    pub path: Vec<String>,
    pub is_object: bool,
    pub range: Range<usize>,
    pub members: Vec<Member>,
}

#[derive(Debug, Clone)]
pub struct Member {
    /// From its key on.
    pub range: Range<usize>,
    pub value: Range<usize>,
    /// The key as a JSON string.
    pub key: Option<String>,
}

/// A document and where its parts stand.
#[derive(Debug, Default)]
pub struct Written {
    pub text: String,
    pub leaves: Vec<Leaf>,
    pub containers: Vec<Container>,
}

/// How a document is laid out.
#[derive(Clone)]
enum Style {
    /// On one line, with these blanks: inside brackets, behind commas, before and behind colons.
    Line([&'static str; 4]),
    /// By lines, with this line end and this indent. Small arrays may stay on their line.
    Lines(&'static str, String, bool),
    /// Every comma at the start of its line.
    CommaFirst,
    /// Any white space anywhere.
    Wild,
}

const NUMBERS: [&str; 26] = [
    "0",
    "-0",
    "-0.0",
    "0.0",
    "1",
    "1.0",
    "1.10",
    "1E5",
    "1e+5",
    "1E-05",
    "1e1000",
    "1e-400",
    "-7",
    "0.1",
    "123456789012345",
    "1234567890123456",
    "9007199254740993",
    "100000000000000000000",
    "1234567890123456789012345678901234567890",
    "3.141592653589793238462643383279",
    "5e-324",
    "0e0",
    "-1.50e+00",
    "42",
    "7",
    "2.50",
];

const CHARACTERS: [char; 22] = [
    'a', 'b', 'z', 'A', '0', ' ', '/', '"', '\\', '\n', '\r', '\t', '\u{8}', '\u{c}', '\u{1}', '\u{7f}', 'é',
    'ß', '€', '\u{2028}', '😀', '𝄞',
];

impl Written {
    pub fn random(random: &mut Random) -> Written {
        let style = random_style(random);
        let mut writer = Writer { random, style, out: Written::default(), path: Vec::new(), depth: 0 };
        writer.around();
        match writer.random.below(12) {
            0 => writer.leaf(),
            1 => writer.tower(),
            2 => writer.wide(),
            _ => writer.container(5),
        }
        writer.around();
        writer.out
    }
}

fn random_style(random: &mut Random) -> Style {
    let end = random.pick(&["\n", "\n", "\r\n"]);
    match random.below(16) {
        0 => Style::Line(["", "", "", ""]),
        1 => Style::Line(["", " ", "", " "]),
        2 => Style::Line([" ", " ", " ", " "]),
        3 => Style::Line(["", "  ", "", "\t"]),
        4 => Style::CommaFirst,
        5 | 6 => Style::Wild,
        7 => Style::Lines(end, "\t".to_owned(), random.one_in(2)),
        width => Style::Lines(end, " ".repeat(width - 7), random.one_in(2)),
    }
}

struct Writer<'r> {
    random: &'r mut Random,
    style: Style,
    out: Written,
    path: Vec<String>,
    depth: usize,
}

impl Writer<'_> {
    fn at(&self) -> usize {
        self.out.text.len()
    }

    fn put(&mut self, text: &str) {
        self.out.text.push_str(text);
    }

    /// Before and after the document.
    fn around(&mut self) {
        let text = self.random.pick(&["", "", "\n", "\r\n", "  ", "\n\n", " \t\n"]);
        self.put(text);
    }

    fn wild(&mut self) {
        for _ in 0..self.random.below(3) {
            let text = self.random.pick(&["", " ", "  ", "\t", "\n", "\r\n", "\n    "]);
            self.put(text);
        }
    }

    fn line(&mut self, end: &str, indent: &str) {
        self.put(end);
        self.put(&indent.repeat(self.depth));
    }

    fn open(&mut self, on_line: bool) {
        self.depth += 1;
        match self.style.clone() {
            Style::Line([inside, ..]) => self.put(inside),
            Style::Lines(..) if on_line => {}
            Style::Lines(end, indent, _) => self.line(end, &indent),
            Style::CommaFirst => self.put(" "),
            Style::Wild => self.wild(),
        }
    }

    fn comma(&mut self, on_line: bool) {
        match self.style.clone() {
            Style::Line([_, comma, ..]) => {
                self.put(",");
                self.put(comma);
            }
            Style::Lines(..) if on_line => self.put(", "),
            Style::Lines(end, indent, _) => {
                self.put(",");
                if self.random.one_in(12) {
                    self.put(end);
                }
                self.line(end, &indent);
            }
            Style::CommaFirst => {
                self.depth -= 1;
                self.line("\n", "  ");
                self.depth += 1;
                self.put(", ");
            }
            Style::Wild => {
                self.wild();
                self.put(",");
                self.wild();
            }
        }
    }

    fn close(&mut self, on_line: bool) {
        self.depth -= 1;
        match self.style.clone() {
            Style::Line([inside, ..]) => self.put(inside),
            Style::Lines(..) if on_line => {}
            Style::Lines(end, indent, _) => self.line(end, &indent),
            Style::CommaFirst => self.line("\n", "  "),
            Style::Wild => self.wild(),
        }
    }

    fn colon(&mut self) {
        match self.style.clone() {
            Style::Line([_, _, before, behind]) => {
                self.put(before);
                self.put(":");
                self.put(behind);
            }
            Style::Wild => {
                self.wild();
                self.put(":");
                self.wild();
            }
            _ => self.put(": "),
        }
    }

    fn leaf(&mut self) {
        let start = self.at();
        let meaning = match self.random.below(8) {
            0..=2 => self.string(),
            3..=5 => self.plain(&NUMBERS),
            6 => self.plain(&["true", "false", "null"]),
            _ => {
                let empty = self.random.pick(&["[]", "{}", "[ ]", "{ }", "[\n]", "{\r\n\t}"]);
                self.put(empty);
                empty.split_whitespace().collect()
            }
        };
        self.out.leaves.push(Leaf { path: self.path.clone(), range: start..self.at(), meaning });
    }

    fn plain(&mut self, from: &[&str]) -> String {
        let text = from[self.random.below(from.len())];
        self.put(text);
        text.to_owned()
    }

    /// Writes a string, each of its characters in one of the ways that there are, and returns it in
    /// the plainest.
    fn string(&mut self) -> String {
        let length = if self.random.one_in(8) { 40 } else { self.random.below(6) };
        let text: String = (0..length).map(|_| CHARACTERS[self.random.below(CHARACTERS.len())]).collect();
        self.spell(&text);
        serde_json::to_string(&text).unwrap()
    }

    fn spell(&mut self, text: &str) {
        self.put("\"");
        for character in text.chars() {
            let short = match character {
                '"' => Some("\\\""),
                '\\' => Some("\\\\"),
                '/' => Some("\\/"),
                '\n' => Some("\\n"),
                '\r' => Some("\\r"),
                '\t' => Some("\\t"),
                '\u{8}' => Some("\\b"),
                '\u{c}' => Some("\\f"),
                _ => None,
            };
            let raw = !matches!(character, '"' | '\\' | '\0'..='\x1f');
            match (short, self.random.below(3)) {
                (_, 0) if raw => self.out.text.push(character),
                (Some(short), 0 | 1) => self.put(short),
                (None, 1) if raw => self.out.text.push(character),
                _ => {
                    let upper = self.random.one_in(2);
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        let escape = if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
                        self.put(&escape);
                    }
                }
            }
        }
        self.put("\"");
    }

    fn value(&mut self, levels: usize) {
        if levels == 0 || self.random.one_in(2) { self.leaf() } else { self.container(levels) }
    }

    fn container(&mut self, levels: usize) {
        let (is_object, count) = (self.random.one_in(2), self.random.below(5) + 1);
        let on_line = matches!(self.style, Style::Lines(_, _, true)) && self.random.one_in(2);
        let levels = if on_line { 0 } else { levels - 1 };
        self.members(is_object, count, on_line, |writer| writer.value(levels));
    }

    fn members(&mut self, is_object: bool, count: usize, on_line: bool, mut value: impl FnMut(&mut Self)) {
        let (start, mut members) = (self.at(), Vec::new());
        self.put(if is_object { "{" } else { "[" });
        self.open(on_line);
        for place in 0..count {
            if place > 0 {
                self.comma(on_line);
            }
            let (from, mut key) = (self.at(), None);
            if is_object {
                // Its number makes it another than those beside it.
                let end = CHARACTERS[self.random.below(CHARACTERS.len())];
                let text = format!("{}{end}", char::from_digit(place as u32 % 36, 36).unwrap())
                    + &"k".repeat(place / 36);
                self.spell(&text);
                self.colon();
                key = Some(serde_json::to_string(&text).unwrap());
            }
            let value_start = self.at();
            self.path.push(key.clone().unwrap_or_else(|| place.to_string()));
            value(self);
            self.path.pop();
            members.push(Member { range: from..self.at(), value: value_start..self.at(), key });
        }
        self.close(on_line);
        self.put(if is_object { "}" } else { "]" });
        let (path, range) = (self.path.clone(), start..self.at());
        self.out.containers.push(Container { path, is_object, range, members });
    }

    /// One in another, many times.
    fn tower(&mut self) {
        self.style = if self.random.one_in(2) { Style::Wild } else { Style::Line(["", " ", "", " "]) };
        let levels = 50 + self.random.below(150);
        self.level(levels);
    }

    fn level(&mut self, levels: usize) {
        if levels == 0 {
            return self.leaf();
        }
        let is_object = self.random.one_in(2);
        let count = 1 + self.random.below(2);
        let mut first = true;
        self.members(is_object, count, false, |writer| {
            if std::mem::take(&mut first) { writer.level(levels - 1) } else { writer.leaf() }
        });
    }

    /// Many beside each other.
    fn wide(&mut self) {
        let (is_object, count) = (self.random.one_in(2), 100 + self.random.below(200));
        self.members(is_object, count, false, Self::leaf);
    }
}
