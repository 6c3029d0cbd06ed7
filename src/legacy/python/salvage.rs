//! Reading what can be read of an old queue file that does not parse.

use serde_json::Value;

use super::form::{OldQueue, Stats, is_entry};

/// The lists of an old queue file.
enum List {
    Queue,
    Failed,
    Last100,
}

/// Every complete entry in the bytes, in the list that it is in, and `stats` if it is complete. An
/// entry counts as delivered only if it is known to be in `last_100`.
pub fn salvage(bytes: &[u8]) -> OldQueue {
    let mut found = OldQueue::default();
    let mut list = List::Queue;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest[0] == b'"' {
            // Inside a string quotes are escaped, so this is a key and not part of a text.
            match key(rest) {
                Some("queue") => list = List::Queue,
                Some("failed") => list = List::Failed,
                Some("last_100") => list = List::Last100,
                Some("stats") => found.stats = stats(rest),
                _ => {}
            }
        }
        if rest[0] == b'{'
            && let Some((value, length)) = object(rest)
            && is_entry(&value)
        {
            match list {
                List::Queue => found.queue.push(value),
                List::Failed => found.failed.push(value),
                List::Last100 => found.last_100.push(value),
            }
            at += length;
        } else {
            at += 1;
        }
    }
    found
}

/// The whole object that begins here, and its length.
fn object(bytes: &[u8]) -> Option<(Value, usize)> {
    let mut stream = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    let value = stream.next()?.ok()?;
    Some((value, stream.byte_offset()))
}

/// The key that begins with this quote.
fn key(bytes: &[u8]) -> Option<&str> {
    let end = bytes[1..].iter().take(16).position(|&byte| byte == b'"')? + 1;
    let behind = bytes[end + 1..].iter().find(|byte| !byte.is_ascii_whitespace())?;
    if *behind != b':' {
        return None;
    }
    std::str::from_utf8(&bytes[1..end]).ok()
}

fn stats(bytes: &[u8]) -> Option<Stats> {
    let begin = bytes.iter().position(|&byte| byte == b'{')?;
    Some(Stats::of(&object(&bytes[begin..])?.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn file() -> String {
        let entry =
            |id: &str| json!({"id": id, "project_id": "web", "content": "a \"queue\": [{ b", "retries": 0});
        let document = json!({
            "queue": [entry("q1"), entry("q2")],
            "last_100": [entry("l1")],
            "failed": [entry("f1")],
            "stats": {"total_queued": 243, "total_synced": 216, "total_failed": 1, "last_sync": null},
        });
        serde_json::to_string_pretty(&document).unwrap()
    }

    fn ids(list: &[Value]) -> Vec<&str> {
        list.iter().filter_map(|entry| entry["id"].as_str()).collect()
    }

    #[test]
    fn all_but_the_torn_entry_of_a_truncated_file_is_found() {
        let text = file();
        let cut = text.find("f1").unwrap();
        let found = salvage(&text.as_bytes()[..cut]);
        assert_eq!(
            (ids(&found.queue), ids(&found.last_100), ids(&found.failed)),
            (vec!["q1", "q2"], vec!["l1"], vec![])
        );
    }

    #[test]
    fn nul_bytes_cost_only_what_they_cover() {
        let mut bytes = file().into_bytes();
        let at = bytes.windows(2).position(|pair| pair == b"q1").unwrap();
        bytes[at..at + 40].fill(0);
        let found = salvage(&bytes);
        assert_eq!((ids(&found.queue), ids(&found.failed)), (vec!["q2"], vec!["f1"]));
        assert_eq!(found.stats.unwrap().synced, 216);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(mut bytes: Vec<u8>, cut in 0usize..500) {
            bytes.splice(0..0, file().into_bytes().into_iter().take(cut));
            salvage(&bytes);
        }
    }
}
