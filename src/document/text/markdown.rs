//! The headings of a Markdown text, as CommonMark sees them: `## Notes` and underlined ones, none
//! in code, in comments, in lists and in quotations. What stands between two `---` at the very
//! beginning is no text.

use std::ops::Range;

use super::lines::{MARK, content, lines};
use super::{LineNumbers, NAMED, NotFound};

/// The elements that begin a block of HTML, which a blank line ends.
const BLOCKS: &str = " address article aside base basefont blockquote body caption center col colgroup dd \
details dialog dir div dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head \
header hr html iframe legend li link main menu menuitem nav noframes ol optgroup option p param search \
section summary table tbody td tfoot th thead title tr track ul ";

/// What begins a block of HTML, and what ends it, on whatever line.
const RAW: [(&[u8], &[u8]); 8] = [
    (b"<!--", b"-->"),
    (b"<?", b"?>"),
    (b"<![cdata[", b"]]>"),
    (b"<!", b">"),
    (b"<pre", b"</pre>"),
    (b"<script", b"</script>"),
    (b"<style", b"</style>"),
    (b"<textarea", b"</textarea>"),
];

#[derive(Debug)]
struct Heading {
    line: usize,
    /// Where its first line begins.
    start: usize,
    /// Where its last line ends.
    end: usize,
    level: usize,
    title: Vec<u8>,
}

/// What stands below a heading, up to the next one of its level or above, and whether it is the last
/// section of the text.
///
/// # Errors
/// There is no such heading, or more than one.
pub(super) fn section(text: &[u8], wanted: &[u8]) -> Result<(Range<usize>, bool), NotFound> {
    let headings = headings(text);
    let (level, title) = match hashes(wanted.trim_ascii()) {
        Some((level, title)) => (Some(level), title),
        None => (None, wanted.trim_ascii()),
    };
    let is_it =
        |heading: &Heading| heading.title == title && level.is_none_or(|level| level == heading.level);
    let found: Vec<usize> = (0..headings.len()).filter(|&at| is_it(&headings[at])).collect();
    let heading = || String::from_utf8_lossy(wanted).into_owned();
    match found[..] {
        [at] => {
            let next = headings[at + 1..].iter().find(|next| next.level <= headings[at].level);
            let end = next.map_or(text.len(), |next| next.start);
            Ok((headings[at].end..end, next.is_none()))
        }
        [] => Err(NotFound::NoHeading {
            heading: heading(),
            headings: headings.iter().take(NAMED).map(Heading::shown).collect(),
        }),
        ref several => Err(NotFound::SeveralHeadings {
            places: several.len(),
            heading: heading(),
            lines: LineNumbers::new(several.iter().map(|&at| headings[at].line).collect()),
        }),
    }
}

impl Heading {
    fn shown(&self) -> String {
        format!("{} {}", "#".repeat(self.level), String::from_utf8_lossy(&self.title))
    }
}

fn headings(text: &[u8]) -> Vec<Heading> {
    let mut reader = Reader::default();
    let mut at = 0;
    let front = front_matter(text);
    for (number, line) in lines(text).enumerate() {
        let range = at..at + line.len();
        at = range.end;
        if at <= front {
            continue;
        }
        let line = if number == 0 { line.strip_prefix(MARK).unwrap_or(line) } else { line };
        reader.line(content(line), number + 1, range);
    }
    reader.found
}

/// Where the text begins behind its own data, which stand between two lines of `---` or `+++`.
fn front_matter(text: &[u8]) -> usize {
    let mut at = 0;
    let mut fence: Option<&[u8]> = None;
    for (number, line) in lines(text).enumerate() {
        at += line.len();
        let line = if number == 0 { line.strip_prefix(MARK).unwrap_or(line) } else { line };
        let line = content(line).trim_ascii_end();
        match fence {
            None if number == 0 && (line == b"---" || line == b"+++") => fence = Some(line),
            None => return 0,
            Some(fence) if line == fence || fence == b"---" && line == b"..." => return at,
            Some(_) => {}
        }
    }
    0
}

/// What a line may stand in.
#[derive(Default)]
struct Reader {
    found: Vec<Heading>,
    fence: Option<Fence>,
    /// What ends the block of HTML; nothing stands for a blank line.
    html: Option<&'static [u8]>,
    /// How far the text of the outermost list item is indented.
    list: Option<usize>,
    /// A paragraph of the text itself: where it begins, its first line, and what it says.
    paragraph: Option<(usize, usize, Vec<u8>)>,
    /// A paragraph in a list or a quotation, which goes on in a line without their marks.
    lazy: bool,
}

/// Code between two lines of backticks or tildes.
struct Fence {
    mark: u8,
    length: usize,
    /// How far the list item is indented that it stands in.
    inside: usize,
}

impl Reader {
    fn line(&mut self, line: &[u8], number: usize, range: Range<usize>) {
        let (indent, rest) = indented(line);
        let is_blank = rest.is_empty();
        if self.is_in_code(indent, rest) || self.is_in_html(line) {
            return;
        }
        if is_blank {
            (self.paragraph, self.lazy) = (None, false);
            return;
        }
        if let Some(inside) = self.list.filter(|&inside| indent >= inside) {
            self.lazy = true;
            self.open_code(indent - inside, rest, inside);
            self.open_html(rest);
            return;
        }
        // Code, or more of a paragraph.
        if indent >= 4 {
            return;
        }
        if let Some((level, title)) = hashes(rest) {
            self.leave();
            let title = title.to_vec();
            self.found.push(Heading { line: number, start: range.start, end: range.end, level, title });
            return;
        }
        if let Some(level) = underline(rest)
            && let Some((start, first, title)) = self.paragraph.take()
        {
            self.leave();
            self.found.push(Heading { line: first, start, end: range.end, level, title });
            return;
        }
        if is_rule(rest) {
            self.leave();
        } else if fence(rest).is_some() {
            self.leave();
            self.open_code(0, rest, 0);
        } else if self.open_html(rest) {
            self.leave();
        } else if rest.starts_with(b">") {
            self.leave();
            self.lazy = true;
        } else if let Some((width, item)) = item(rest, self.paragraph.is_some()) {
            self.leave();
            self.lazy = true;
            self.list = Some(indent + width);
            self.open_code(0, item, indent + width);
        } else if !self.lazy {
            self.list = None;
            let (_, _, text) = self.paragraph.get_or_insert((range.start, number, Vec::new()));
            if !text.is_empty() {
                text.push(b' ');
            }
            text.extend_from_slice(rest.trim_ascii_end());
        }
    }

    /// Leaves whatever was open.
    fn leave(&mut self) {
        (self.list, self.paragraph, self.lazy) = (None, None, false);
    }

    fn is_in_code(&mut self, indent: usize, rest: &[u8]) -> bool {
        let Some(open) = &self.fence else { return false };
        if !rest.is_empty() && indent < open.inside {
            // The list item ends, and its code with it.
            (self.fence, self.list) = (None, None);
            return false;
        }
        let closes = fence(rest).is_some_and(|(mark, length, info)| {
            mark == open.mark && length >= open.length && info.is_empty() && indent < open.inside + 4
        });
        if closes {
            self.fence = None;
        }
        true
    }

    fn open_code(&mut self, indent: usize, rest: &[u8], inside: usize) {
        if let Some((mark, length, _)) = fence(rest).filter(|_| indent < 4) {
            (self.fence, self.lazy) = (Some(Fence { mark, length, inside }), false);
        }
    }

    fn is_in_html(&mut self, line: &[u8]) -> bool {
        let Some(end) = self.html else { return false };
        let ends = match end {
            b"" => line.iter().all(u8::is_ascii_whitespace),
            end => contains(line, end),
        };
        if ends {
            self.html = None;
        }
        !(ends && end.is_empty())
    }

    /// Whether a block of HTML begins here.
    fn open_html(&mut self, rest: &[u8]) -> bool {
        if !rest.starts_with(b"<") {
            return false;
        }
        let raw = RAW.iter().find(|(start, _)| {
            let is_element = start[1].is_ascii_alphabetic();
            let behind = rest.get(start.len()).copied().unwrap_or(b' ');
            rest.get(..start.len()).is_some_and(|begins| begins.eq_ignore_ascii_case(start))
                && (!is_element || behind == b'>' || behind.is_ascii_whitespace())
        });
        if let Some((start, end)) = raw {
            self.html = Some(*end).filter(|end| !contains(&rest[start.len()..], end));
            return true;
        }
        let name = rest[1..].strip_prefix(b"/").unwrap_or(&rest[1..]);
        let length = name.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let behind = name.get(length).copied().unwrap_or(b' ');
        let named = String::from_utf8_lossy(&name[..length]).to_ascii_lowercase();
        let is_block = BLOCKS.contains(&format!(" {named} "))
            && (behind == b'>' || behind == b'/' || behind.is_ascii_whitespace());
        // Any other element, alone on its line.
        let is_alone = self.paragraph.is_none()
            && !self.lazy
            && length > 0
            && behind != b':'
            && rest.trim_ascii_end().iter().position(|&byte| byte == b'>')
                == Some(rest.trim_ascii_end().len() - 1);
        if is_block || is_alone {
            self.html = Some(b"");
        }
        is_block || is_alone
    }
}

/// How far a line is indented, a tab reaching to the next fourth column, and the rest of it.
fn indented(line: &[u8]) -> (usize, &[u8]) {
    let mut indent = 0;
    for (at, &byte) in line.iter().enumerate() {
        match byte {
            b' ' => indent += 1,
            b'\t' => indent += 4 - indent % 4,
            _ if line[at..].iter().all(u8::is_ascii_whitespace) => break,
            _ => return (indent, &line[at..]),
        }
    }
    (indent, b"")
}

/// The level and the title of `## Title ##`.
fn hashes(line: &[u8]) -> Option<(usize, &[u8])> {
    let level = line.iter().take_while(|&&byte| byte == b'#').count();
    let rest = &line[level..];
    let is_heading = (1..=6).contains(&level) && rest.first().is_none_or(u8::is_ascii_whitespace);
    let title = rest.trim_ascii();
    let open = title.trim_ascii_end().len() - title.iter().rev().take_while(|&&byte| byte == b'#').count();
    let closed = open == 0 || title[open - 1].is_ascii_whitespace();
    let title = if closed { title[..open].trim_ascii_end() } else { title };
    is_heading.then_some((level, title))
}

/// The level of the heading that a line underlines.
fn underline(line: &[u8]) -> Option<usize> {
    let line = line.trim_ascii_end();
    let all = |mark: u8| !line.is_empty() && line.iter().all(|&byte| byte == mark);
    if all(b'=') { Some(1) } else { all(b'-').then_some(2) }
}

/// Whether it is a line across the page: `---`, `* * *`.
fn is_rule(line: &[u8]) -> bool {
    let mark = line[0];
    let marks = line.iter().filter(|byte| !byte.is_ascii_whitespace());
    b"-*_".contains(&mark) && marks.clone().all(|&byte| byte == mark) && marks.count() >= 3
}

/// The mark and the length of a fence of code, and what follows it.
fn fence(line: &[u8]) -> Option<(u8, usize, &[u8])> {
    let mark = *line.first().filter(|mark| b"`~".contains(mark))?;
    let length = line.iter().take_while(|&&byte| byte == mark).count();
    let info = line[length..].trim_ascii();
    (length >= 3 && !(mark == b'`' && info.contains(&b'`'))).then_some((mark, length, info))
}

/// How wide a list item's mark is, with the blanks behind it, and what follows.
fn item(line: &[u8], in_paragraph: bool) -> Option<(usize, &[u8])> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mark = match digits {
        0 if b"-+*".contains(&line[0]) => 1,
        1..=9 if matches!(line.get(digits), Some(b'.' | b')')) => digits + 1,
        _ => return None,
    };
    let rest = &line[mark..];
    let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let is_empty = blanks == rest.len();
    // In a paragraph a number is more likely the end of a sentence.
    let interrupts = !is_empty && (digits == 0 || &line[..digits] == b"1");
    if blanks == 0 && !is_empty || in_paragraph && !interrupts {
        return None;
    }
    let width = if is_empty || blanks > 4 { 1 } else { blanks };
    Some((mark + width, &rest[blanks..]))
}

fn contains(line: &[u8], wanted: &[u8]) -> bool {
    line.windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> =
            headings(text.as_bytes()).iter().map(|it| format!("{}: {}", it.line, it.shown())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn headings_with_hashes() {
        check(
            "# A\n## B ##\n### C#\n#No\n####### 7\n   ## D\n    ## code\n#\n",
            &["1: # A", "2: ## B", "3: ### C#", "6: ## D", "8: # "],
        );
        check("\u{feff}# A\r\n\r\ntext\r\n## B\r\n", &["1: # A", "4: ## B"]);
        check("text\n# A\nmore\n\t# code\n", &["2: # A"]);
        check("## \\# x # y #\n", &["1: ## \\# x # y"]);
    }

    #[test]
    fn headings_that_are_underlined() {
        check("A\n=\n\nB\n---\n\nC\nD\n===\n", &["1: # A", "4: ## B", "7: # C D"]);
        check("A\n\n---\n\n- item\n---\n\n> quoted\n---\n", &[]);
        check("- item\nlazy\n---\n> quoted\nlazy\n===\n", &[]);
        check("# A\n---\nB\n--- ---\n", &["1: # A"]);
        check("a | b\n--- | ---\n1 | 2\n", &[]);
        check("1\n2. b\n---\n", &["1: ## 1 2. b"]);
    }

    #[test]
    fn code_is_none() {
        check("```\n## A\n```\n## B\n~~~ md\n## C\n```\n~~~\n## D\n", &["4: ## B", "9: ## D"]);
        check("````\n```\n## A\n````\n## B\n", &["5: ## B"]);
        check("``` a`b\n## A\n", &["2: ## A"]);
        check("```\n## never closed\n", &[]);
        check("    ```\n## A\n    ```\n", &["2: ## A"]);
        check("- item\n  ```\n  ## A\n  ```\n## B\n", &["5: ## B"]);
        check("1. ```sh\n   ## A\n   ```\n\n## B\n", &["5: ## B"]);
        // The item ends, and its code with it.
        check("- ```\n  ## A\n## B\n", &["3: ## B"]);
        check("> ```\n> ## A\n\n## B\n", &["4: ## B"]);
        check("text\n```\n## A\n```\n---\n", &[]);
    }

    #[test]
    fn lists_and_quotations_have_none_of_the_text() {
        check("- # A\n  ## B\n\n  ## C\n## D\n", &["5: ## D"]);
        check("> # A\n# B\n", &["2: # B"]);
        check("- a\n\n# B\n", &["3: # B"]);
    }

    #[test]
    fn comments_and_html_are_none() {
        check("<!--\n## A\n\n## B\n-->\n## C\n", &["6: ## C"]);
        check("<!-- a -->\n## A\n", &["2: ## A"]);
        check("<details>\n## A\n\n## B\n</details>\n", &["4: ## B"]);
        check("<pre>\n\n## A\n</pre>\n## B\n", &["5: ## B"]);
        check("<https://example.org>\n## A\n<b>bold</b> text\n## B\n", &["2: ## A", "4: ## B"]);
        check("<x-y z=1>\n## A\n", &[]);
    }

    #[test]
    fn front_matter_is_no_text() {
        check("---\ntitle: A\n---\n# B\n", &["4: # B"]);
        check("+++\n# a\n+++\n# B\n", &["4: # B"]);
        check("---\n# A\n", &["2: # A"]);
    }

    #[track_caller]
    fn below(text: &str, wanted: &str) -> String {
        let (range, _) = section(text.as_bytes(), wanted.as_bytes()).unwrap();
        text[range].to_owned()
    }

    #[test]
    fn a_section_ends_at_the_next_heading_of_its_level() {
        let text = "# A\na\n## B\nb\n### C\nc\n## D\nd\n\nE\n=\ne\n";
        assert_eq!(below(text, "# A"), "a\n## B\nb\n### C\nc\n## D\nd\n\n");
        assert_eq!(below(text, "## B"), "b\n### C\nc\n");
        assert_eq!(below(text, "C"), "c\n");
        assert_eq!(below(text, "## D"), "d\n\n");
        assert_eq!(below(text, "# E #"), "e\n");
        let none = section(text.as_bytes(), b"# B").unwrap_err();
        assert_eq!(none.to_string(), "there is no heading # B");
        assert_eq!(none.details().unwrap(), "the headings are:\n# A\n## B\n### C\n## D\n# E");
        let twice = section(b"# A\n## A\n# A\n", b"# A").unwrap_err();
        assert_eq!(twice.to_string(), "2 headings read # A, on lines 1 and 3");
        assert!(section(b"# A\n## A\n", b"## A").is_ok());
    }
}
