//! The id of a message that can't be parsed: too long, too deep, or not UTF-8.
//!
//! The bytes go by once, and of all of them only a few are kept. Nothing here decides what the message
//! is; at worst the id that is found is none, or one that nobody waits for.

use rmcp::model::RequestId;

/// No key and no id is longer than this.
const LONGEST: usize = 256;

/// Looks for the value of `"id"` in the outermost object.
#[derive(Debug, Default)]
pub struct FindId {
    depth: u64,
    in_string: bool,
    escaped: bool,
    /// Behind a colon of the outermost object, up to the next comma.
    in_value: bool,
    /// The key or the value that is going by, as long as it may be what is wanted.
    text: Vec<u8>,
    is_id: bool,
    found: Option<RequestId>,
}

impl FindId {
    /// The id in these bytes, if there is one.
    pub fn of(bytes: &[u8]) -> Option<RequestId> {
        let mut finder = FindId::default();
        finder.feed(bytes);
        finder.end()
    }

    /// Lets bytes go by.
    pub fn feed(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.step(byte);
        }
    }

    /// The id, after the last byte.
    pub fn end(mut self) -> Option<RequestId> {
        self.value_ends();
        self.found
    }

    fn step(&mut self, byte: u8) {
        if self.in_string {
            self.keep(byte);
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                if !self.in_value {
                    self.text.clear();
                }
                self.keep(byte);
            }
            b'{' | b'[' => {
                self.depth = self.depth.saturating_add(1);
                // Such a value is no id.
                self.is_id = false;
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.value_ends();
                }
            }
            b':' if self.depth == 1 && !self.in_value => {
                self.is_id = self.text == b"\"id\"";
                self.in_value = true;
                self.text.clear();
            }
            b',' if self.depth == 1 => self.value_ends(),
            _ => self.keep(byte),
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.depth == 1 && self.text.len() < LONGEST && (self.is_id || !self.in_value) {
            self.text.push(byte);
        }
    }

    fn value_ends(&mut self) {
        if self.is_id && self.text.len() < LONGEST {
            self.found = serde_json::from_slice(&self.text).ok().or(self.found.take());
        }
        self.is_id = false;
        self.in_value = false;
        self.text.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_id_is_found_wherever_it_stands() {
        let deep = "[".repeat(100_000);
        for (line, id) in [
            (r#"{"id": 7, "method": "x"}"#.to_owned(), Some(RequestId::Number(7))),
            (
                r#"{"method":"x","params":{"id":1,"a":["b",{"id":2}]},"jsonrpc":"2.0","id":3}"#.to_owned(),
                Some(RequestId::Number(3)),
            ),
            (format!(r#"{{"id": "a\"b", "params": {deep}"#), Some(RequestId::String("a\"b".into()))),
            (format!(r#"{{"params": {deep}"#), None),
            (r#"{"x": "\"id\":1", "y": {"id": 2}}"#.to_owned(), None),
            (r#"{"id": null}"#.to_owned(), None),
            (r#"{"id": [1]}"#.to_owned(), None),
            (r#"{"id": 5"#.to_owned(), Some(RequestId::Number(5))),
            (format!(r#"{{"id": "{}"}}"#, "x".repeat(1000)), None),
            (String::new(), None),
        ] {
            assert_eq!(FindId::of(line.as_bytes()), id, "{}", &line[..line.len().min(80)]);
        }
        assert_eq!(FindId::of(b"{\"params\":{\"a\":\"\xff\xfe\"},\"id\":4}"), Some(RequestId::Number(4)));
    }

    proptest! {
        #[test]
        fn any_bytes_go_by_in_any_pieces(bytes: Vec<u8>, at: usize) {
            let whole = FindId::of(&bytes);
            let at = at % (bytes.len() + 1);
            let mut finder = FindId::default();
            finder.feed(&bytes[..at]);
            finder.feed(&bytes[at..]);
            prop_assert_eq!(finder.end(), whole);
        }

        #[test]
        fn whatever_stands_beside_it_the_id_is_found(id: i64, key: String, value: String) {
            prop_assume!(key != "id");
            let line = serde_json::json!({key: [value, {"id": 1}], "id": id}).to_string();
            prop_assert_eq!(FindId::of(line.as_bytes()), Some(RequestId::Number(id)));
        }
    }
}
