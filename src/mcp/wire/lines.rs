//! Lines of a bounded length.

use std::io::{self, BufRead};

use rmcp::model::RequestId;

use super::find_id::FindId;

/// A line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// All of it.
    Whole(Vec<u8>),
    /// It was longer than the limit, and is gone. Its id, if that went by.
    TooLong(Option<RequestId>),
}

/// Reads the next line; `None` at the end of the input. Text behind the last line end is no line: it
/// may be half a message.
///
/// # Errors
/// The input can't be read.
pub fn next(input: &mut impl BufRead, limit: usize) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let mut passing: Option<FindId> = None;
    loop {
        let available = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            available => available?,
        };
        if available.is_empty() {
            return Ok(None);
        }
        let end = available.iter().position(|&byte| byte == b'\n');
        let part = &available[..end.unwrap_or(available.len())];
        match &mut passing {
            Some(finder) => finder.feed(part),
            None if line.len() + part.len() <= limit => line.extend_from_slice(part),
            None => {
                let mut finder = FindId::default();
                finder.feed(&line);
                finder.feed(part);
                line = Vec::new();
                passing = Some(finder);
            }
        }
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            return Ok(Some(match passing {
                Some(finder) => Line::TooLong(finder.end()),
                None => Line::Whole(line),
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::BufReader;

    #[test]
    fn a_line_of_the_limit_is_read_and_a_longer_one_is_told() {
        let text = b"1234\n{\"id\":9,\n12345\n\nrest";
        for buffer in [1, 3, 64] {
            let mut input = BufReader::with_capacity(buffer, &text[..]);
            let mut read = || next(&mut input, 4).unwrap();
            assert_eq!(read(), Some(Line::Whole(b"1234".to_vec())));
            assert_eq!(read(), Some(Line::TooLong(Some(RequestId::Number(9)))));
            assert_eq!(read(), Some(Line::TooLong(None)));
            assert_eq!(read(), Some(Line::Whole(Vec::new())));
            assert_eq!(read(), None);
        }
    }

    proptest! {
        #[test]
        fn lines_are_what_the_text_has(lines in prop::collection::vec("[^\n]{0,12}", 0..8), buffer in 1usize..16) {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let mut input = BufReader::with_capacity(buffer, text.as_bytes());
            for line in lines {
                prop_assert_eq!(next(&mut input, 64).unwrap(), Some(Line::Whole(line.into_bytes())));
            }
            prop_assert_eq!(next(&mut input, 64).unwrap(), None);
        }
    }
}
