//! What a line is: a message, nothing, or something to be refused in words.

use rmcp::model::{ClientJsonRpcMessage, ErrorCode, ErrorData, RequestId, ServerJsonRpcMessage};
use serde_json::Value;
use serde_json::error::Category;

use super::find_id::FindId;
use super::lines::Line;

/// No line is longer.
pub const LONGEST_LINE: usize = 16 << 20;

/// The mark that some programs put before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a line is.
#[derive(Debug)]
pub enum Incoming {
    /// A message, and the length of its line.
    Message(Box<ClientJsonRpcMessage>, usize),
    /// No message. The answer says why.
    Refused(Box<ServerJsonRpcMessage>),
}

/// Reads a line. `None` for an empty one, and for a notification that means nothing here.
pub fn read(line: Line) -> Option<Incoming> {
    let bytes = match line {
        Line::Whole(bytes) => bytes,
        Line::TooLong(id) => {
            let why = format!("the message is longer than {LONGEST_LINE} bytes");
            return Some(refused(ErrorCode::INVALID_REQUEST, why, id));
        }
    };
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes).trim_ascii();
    if text.is_empty() {
        return None;
    }
    if let Err(error) = std::str::from_utf8(text) {
        let why = format!("the message is not UTF-8, from byte {} on", error.valid_up_to());
        return Some(refused(ErrorCode::PARSE_ERROR, why, FindId::of(text)));
    }
    let value: Value = match serde_json::from_slice(text) {
        Ok(value) => value,
        Err(error) => {
            // serde_json has no kind of its own for it.
            let deep = error.to_string().starts_with("recursion limit exceeded");
            let (code, why) = match error.classify() {
                _ if deep => (ErrorCode::INVALID_REQUEST, "the message is nested too deeply".to_owned()),
                Category::Eof => (ErrorCode::PARSE_ERROR, "the message ends in the middle".to_owned()),
                _ => (ErrorCode::PARSE_ERROR, format!("the message is not JSON: {error}")),
            };
            return Some(refused(code, why, FindId::of(text)));
        }
    };
    of_value(value, bytes.len())
}

fn of_value(value: Value, length: usize) -> Option<Incoming> {
    let invalid = |why: &str, id| Some(refused(ErrorCode::INVALID_REQUEST, why.to_owned(), id));
    let Value::Object(object) = &value else {
        let why = match value {
            Value::Array(_) => "batches are not understood: send one message a line",
            _ => "a message is a JSON object",
        };
        return invalid(why, None);
    };
    let id = object.get("id").map(|id| serde_json::from_value::<RequestId>(id.clone()));
    let method = object.get("method").map(Value::as_str);
    let is_request = method.is_some() && id.is_some();
    let id = match id {
        Some(Err(_)) if is_request => return invalid("an id is a text or a whole number", None),
        Some(id) => id.ok(),
        None => None,
    };
    if object.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return invalid("a message has \"jsonrpc\": \"2.0\"", id);
    }
    let method = match method {
        Some(None) => return invalid("a method is a text", id),
        Some(Some(method)) => Some(method.to_owned()),
        None if object.contains_key("result") || object.contains_key("error") => None,
        None => return invalid("a message has a method, a result or an error", id),
    };
    match serde_json::from_value(value) {
        Ok(message) => Some(Incoming::Message(Box::new(message), length)),
        Err(_) if is_request => {
            let why =
                format!("the params of {} are not as the protocol has them", method.unwrap_or_default());
            Some(refused(ErrorCode::INVALID_PARAMS, why, id))
        }
        // A notification is never answered, and an answer to nothing that we asked means nothing.
        Err(_) => None,
    }
}

fn refused(code: ErrorCode, why: String, id: Option<RequestId>) -> Incoming {
    Incoming::Refused(Box::new(ServerJsonRpcMessage::error(ErrorData::new(code, why, None), id)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(line: &[u8]) -> Option<String> {
        match read(Line::Whole(line.to_vec()))? {
            Incoming::Message(message, _) => Some(serde_json::to_string(&message).unwrap()),
            Incoming::Refused(refusal) => {
                let refusal = serde_json::to_value(&refusal).unwrap();
                let error = &refusal["error"];
                let id = refusal.get("id").cloned().unwrap_or_default();
                Some(format!("{} {id}: {}", error["code"], error["message"].as_str().unwrap()))
            }
        }
    }

    #[test]
    fn whatever_is_no_message_is_refused_in_words_with_its_id() {
        let deep = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{}}}"#, "[".repeat(5000));
        for (line, wanted) in [
            (&b"{"[..], "-32700 null: the message ends in the middle"),
            (b"{\"id\":4,}", "-32700 4: the message is not JSON: trailing comma at line 1 column 9"),
            (b"{\"id\":4,\"x\":\"\xff\"}", "-32700 4: the message is not UTF-8, from byte 13 on"),
            (deep.as_bytes(), "-32600 1: the message is nested too deeply"),
            (b"[]", "-32600 null: batches are not understood: send one message a line"),
            (b"1", "-32600 null: a message is a JSON object"),
            (b"{\"id\":1,\"method\":\"ping\"}", "-32600 1: a message has \"jsonrpc\": \"2.0\""),
            (
                br#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
                "-32600 null: an id is a text or a whole number",
            ),
            (
                br#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
                "-32600 null: an id is a text or a whole number",
            ),
            (br#"{"jsonrpc":"2.0","id":1,"method":2}"#, "-32600 1: a method is a text"),
            (br#"{"jsonrpc":"2.0","id":1}"#, "-32600 1: a message has a method, a result or an error"),
        ] {
            let line_text = String::from_utf8_lossy(line).chars().take(60).collect::<String>();
            assert_eq!(answer(line).as_deref(), Some(wanted), "{line_text}");
        }
        assert_eq!(answer(b" \r"), None);
        let ping = r#"{"jsonrpc":"2.0","id":"x","method":"ping"}"#;
        assert_eq!(answer(ping.as_bytes()).as_deref(), Some(ping));
        assert_eq!(answer(format!("\u{feff}{ping}\r").as_bytes()).as_deref(), Some(ping));
    }

    proptest! {
        #[test]
        fn no_line_is_too_strange(line: Vec<u8>) {
            let _ = read(Line::Whole(line));
        }
    }
}
