//! Whole lines inserted at a place that is named.

use super::lines::{MARK, content, end, is_crlf, lines, start, with_crlf};
use super::replace::once;
use super::{NotFound, markdown};

/// Where lines are inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// After the line that this text is on, which must occur once.
    After(Vec<u8>),
    /// Before the line that this text is on.
    Before(Vec<u8>),
    /// So that the first of them has this number.
    Line(usize),
    /// At the end.
    End,
    /// At the end of the section below this Markdown heading: `## Notes`, or `Notes` for one of any
    /// level.
    Under(Vec<u8>),
}

/// Inserts whole lines. They end as those of the text do; an unfinished line before them is ended
/// first.
///
/// # Errors
/// There is no such place, or more than one.
pub fn insert(text: &[u8], spot: &Spot, new: &[u8]) -> Result<Vec<u8>, NotFound> {
    let mut blank_after = false;
    let place = match spot {
        Spot::After(wanted) => end(text, once(text, wanted)? + wanted.len() - 1),
        Spot::Before(wanted) => after_mark(text, start(text, once(text, wanted)?)),
        Spot::Line(number) => line(text, *number)?,
        Spot::End => text.len(),
        Spot::Under(heading) => {
            let (place, needs_blank) = below(text, heading)?;
            blank_after = needs_blank;
            place
        }
    };
    let is_crlf = is_crlf(text);
    let line_end: &[u8] = if is_crlf { b"\r\n" } else { b"\n" };
    let new = if is_crlf { with_crlf(new) } else { new.into() };
    let (before, after) = text.split_at(place);
    let mut inserted = Vec::with_capacity(text.len() + new.len() + 4);
    inserted.extend_from_slice(before);
    if !before.is_empty() && before != MARK && !before.ends_with(b"\n") {
        inserted.extend_from_slice(line_end);
    }
    inserted.extend_from_slice(&new);
    if !new.ends_with(b"\n") {
        inserted.extend_from_slice(line_end);
    }
    if blank_after {
        inserted.extend_from_slice(line_end);
    }
    inserted.extend_from_slice(after);
    Ok(inserted)
}

fn after_mark(text: &[u8], place: usize) -> usize {
    if place == 0 && text.starts_with(MARK) { MARK.len() } else { place }
}

fn line(text: &[u8], wanted: usize) -> Result<usize, NotFound> {
    let mut place = 0;
    let mut count = 0;
    for line in lines(text) {
        count += 1;
        if count == wanted {
            return Ok(after_mark(text, place));
        }
        place += line.len();
    }
    if wanted == count + 1 { Ok(text.len()) } else { Err(NotFound::NoLine { wanted, lines: count }) }
}

/// The end of the section below a heading, before the blank lines that part it from the next one,
/// and whether a blank line must be added for that.
fn below(text: &[u8], heading: &[u8]) -> Result<(usize, bool), NotFound> {
    let (section, is_last) = markdown::section(text, heading)?;
    let (mut last, mut after_blank) = (section.start, section.start);
    let mut at = section.start;
    for (number, line) in lines(&text[section.clone()]).enumerate() {
        at += line.len();
        let is_blank = content(line).iter().all(u8::is_ascii_whitespace);
        if !is_blank {
            last = at;
        } else if number == 0 {
            after_blank = at;
        }
    }
    if last > section.start {
        return Ok((last, false));
    }
    // Nothing stands there yet: the blank line below the heading stays below it.
    let parted = after_blank > section.start;
    Ok((after_blank, parted && after_blank == section.end && !is_last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inserted(text: &str, spot: &Spot) -> Result<String, String> {
        let done = insert(text.as_bytes(), spot, b"new").map_err(|error| error.to_string())?;
        Ok(String::from_utf8(done).unwrap())
    }

    #[test]
    fn lines_go_where_they_are_asked_for() {
        let text = "one\ntwo\nthree";
        let after = Spot::After(b"wo".to_vec());
        assert_eq!(inserted(text, &after).unwrap(), "one\ntwo\nnew\nthree");
        assert_eq!(inserted(text, &Spot::After(b"two\n".to_vec())).unwrap(), "one\ntwo\nnew\nthree");
        assert_eq!(inserted(text, &Spot::After(b"re".to_vec())).unwrap(), "one\ntwo\nthree\nnew\n");
        assert_eq!(inserted(text, &Spot::Before(b"wo\nth".to_vec())).unwrap(), "one\nnew\ntwo\nthree");
        assert_eq!(inserted(text, &Spot::Line(1)).unwrap(), "new\none\ntwo\nthree");
        assert_eq!(inserted(text, &Spot::Line(3)).unwrap(), "one\ntwo\nnew\nthree");
        assert_eq!(inserted(text, &Spot::Line(4)).unwrap(), "one\ntwo\nthree\nnew\n");
        for wanted in [0, 5] {
            let none = format!("there is no place for line {wanted}: there are 3 lines, counted from 1");
            assert_eq!(inserted(text, &Spot::Line(wanted)), Err(none));
        }
        assert_eq!(inserted("", &Spot::End).unwrap(), "new\n");
        assert_eq!(inserted("a\r\nb", &Spot::End).unwrap(), "a\r\nb\r\nnew\r\n");
        assert!(inserted(text, &Spot::After(b"o".to_vec())).is_err());
    }

    #[test]
    fn a_byte_order_mark_stays_first() {
        for spot in [Spot::Line(1), Spot::Before(b"one".to_vec())] {
            assert_eq!(inserted("\u{feff}one\n", &spot).unwrap(), "\u{feff}new\none\n");
        }
        assert_eq!(inserted("\u{feff}", &Spot::End).unwrap(), "\u{feff}new\n");
    }

    #[test]
    fn a_section_ends_before_the_blank_lines_that_follow_it() {
        let under = Spot::Under(b"## Notes".to_vec());
        for (text, expected) in [
            ("## Notes\n\n- a\n\n## B\n", "## Notes\n\n- a\nnew\n\n## B\n"),
            ("## Notes\n\n- a", "## Notes\n\n- a\nnew\n"),
            ("## Notes", "## Notes\nnew\n"),
            ("## Notes\n## B\n", "## Notes\nnew\n## B\n"),
            ("## Notes\n\n## B\n", "## Notes\n\nnew\n\n## B\n"),
            ("## Notes\n\n\n## B\n", "## Notes\n\nnew\n\n## B\n"),
            ("## Notes\n\n", "## Notes\n\nnew\n"),
            ("## Notes\r\n\r\n## B\r\n", "## Notes\r\n\r\nnew\r\n\r\n## B\r\n"),
        ] {
            assert_eq!(inserted(text, &under).unwrap(), expected, "{text:?}");
        }
    }
}
