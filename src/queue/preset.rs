//! What each kind of server expects: path, credential, body, and what counts as success.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Entry;
use super::question::Question;

/// How to talk to a kind of server. A custom one is this table in the settings.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Where memories are posted, behind the server's URL.
    pub path: String,
    /// The path of the health check, by GET: any 2xx means that it is up.
    pub health_path: String,
    /// The header that carries the credential. Without one none is sent.
    #[serde(default)]
    pub auth_header: Option<String>,
    /// What precedes the credential in it, including the space.
    #[serde(default)]
    pub auth_prefix: String,
    /// The body, with `{id}`, `{project_id}`, `{content}`, `{timestamp}`, `{unix_time}` and
    /// `{metadata}` to be filled in.
    pub body: Value,
    /// What the answer must say, besides a status of 2xx.
    #[serde(default)]
    pub success: Option<Success>,
    /// Whether the answer must be JSON that does not say `success: false`.
    #[serde(default = "yes")]
    pub json_answer: bool,
    /// The server's URL, where there is only one.
    #[serde(default)]
    pub url: Option<String>,
    /// How a project's memories are listed, where the server can.
    #[serde(default)]
    pub list: Option<Question>,
    /// How a project's memories are searched.
    #[serde(default)]
    pub search: Option<Question>,
    /// How the projects are listed.
    #[serde(default)]
    pub projects: Option<Question>,
}

/// A value that an answer must have.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Success {
    /// Where in the answer, as a JSON pointer: `/result/ok`.
    pub pointer: String,
    /// The value that must be there.
    pub equals: Value,
}

fn yes() -> bool {
    true
}

/// The names of the presets that come with the program.
pub const NAMES: [&str; 3] = ["private", "mem0-oss", "mem0-cloud"];

impl Preset {
    /// The preset of that name. `custom` is not among them: its table is in the settings.
    pub fn named(name: &str) -> Option<Preset> {
        let messages = json!([{"role": "user", "content": "{content}"}]);
        match name {
            "private" => Some(Preset {
                path: "/memory".to_owned(),
                health_path: "/health".to_owned(),
                auth_header: Some("Authorization".to_owned()),
                auth_prefix: "Bearer ".to_owned(),
                body: json!({"user_id": "{project_id}", "content": "{content}"}),
                success: Some(Success { pointer: "/success".to_owned(), equals: Value::Bool(true) }),
                json_answer: true,
                url: None,
                list: Some(Question::get("/memory/{project_id}?limit={limit}", "/memories/results")),
                search: Some(Question::post(
                    "/memory/search",
                    json!({"user_id": "{project_id}", "query": "{query}", "limit": "{limit}"}),
                    "/results/results",
                )),
                projects: None,
            }),
            "mem0-oss" => Some(Preset {
                path: "/memories".to_owned(),
                health_path: "/openapi.json".to_owned(),
                auth_header: Some("X-API-Key".to_owned()),
                auth_prefix: String::new(),
                body: json!({
                    "messages": messages,
                    "user_id": "{project_id}",
                    "metadata": "{metadata}",
                    "infer": false,
                }),
                success: None,
                json_answer: true,
                url: None,
                list: Some(Question::get("/memories?user_id={project_id}", "/results")),
                search: Some(Question::post(
                    "/search",
                    json!({
                        "query": "{query}",
                        "user_id": "{project_id}",
                        "filters": {"user_id": "{project_id}"},
                        "top_k": "{limit}",
                    }),
                    "/results",
                )),
                projects: None,
            }),
            "mem0-cloud" => Some(Preset {
                path: "/v3/memories/add/".to_owned(),
                health_path: "/v1/ping/".to_owned(),
                auth_header: Some("Authorization".to_owned()),
                auth_prefix: "Token ".to_owned(),
                body: json!({
                    "messages": messages,
                    "user_id": "{project_id}",
                    "metadata": "{metadata}",
                    "infer": false,
                    "timestamp": "{unix_time}",
                }),
                success: None,
                json_answer: true,
                url: Some("https://api.mem0.ai".to_owned()),
                list: Some(Question::post(
                    "/v3/memories/?page=1&page_size={limit}",
                    json!({"filters": {"user_id": "{project_id}"}}),
                    "/results",
                )),
                search: Some(Question::post(
                    "/v3/memories/search/",
                    json!({
                        "query": "{query}",
                        "filters": {"user_id": "{project_id}"},
                        "top_k": "{limit}",
                    }),
                    "/results",
                )),
                projects: Some(Question::get("/v1/entities/", "/results")),
            }),
            _ => None,
        }
    }

    /// The body for one memory.
    pub fn body_for(&self, entry: &Entry) -> Vec<u8> {
        serde_json::to_vec(&fill(&self.body, &|name| value_of(name, entry))).unwrap_or_default()
    }

    /// Whether an answer with a status of 2xx says that the memory was taken; else why not.
    ///
    /// # Errors
    /// The reason, without the answer's own words.
    pub fn judge(&self, body: &[u8]) -> Result<(), String> {
        if !self.json_answer {
            return Ok(());
        }
        let answer: Value = serde_json::from_slice(body).map_err(|_| "the answer is not JSON".to_owned())?;
        if answer.get("success") == Some(&Value::Bool(false)) {
            return Err("the answer says success: false".to_owned());
        }
        match &self.success {
            Some(Success { pointer, equals }) if answer.pointer(pointer) != Some(equals) => {
                Err(format!("the answer does not have {equals} at {pointer}"))
            }
            _ => Ok(()),
        }
    }
}

/// What stands for a placeholder's name; `None` for one that is no placeholder.
pub(super) type Values<'a> = &'a dyn Fn(&str) -> Option<Value>;

/// A template with its placeholders filled in.
pub(super) fn fill(template: &Value, values: Values<'_>) -> Value {
    match template {
        Value::String(text) => fill_text(text, values),
        Value::Array(items) => items.iter().map(|item| fill(item, values)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), fill(value, values))).collect())
        }
        other => other.clone(),
    }
}

/// A text that is one placeholder becomes its value, whatever its kind; in a longer text the
/// values are written out. What they hold is not looked at again.
fn fill_text(text: &str, values: Values<'_>) -> Value {
    if let Some(value) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).and_then(values) {
        return value;
    }
    Value::String(written_out(text, values))
}

/// The same where the result is a text in any case.
pub(super) fn written_out(text: &str, values: Values<'_>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let value = after.split_once('}').and_then(|(name, behind)| Some((values(name)?, behind)));
        rest = match value {
            Some((Value::String(text), behind)) => {
                filled.push_str(&text);
                behind
            }
            Some((value, behind)) => {
                filled.push_str(&value.to_string());
                behind
            }
            None => {
                filled.push('{');
                after
            }
        };
    }
    filled.push_str(rest);
    filled
}

fn value_of(name: &str, entry: &Entry) -> Option<Value> {
    let unix_time = |time: Timestamp| Value::from(time.as_second());
    Some(match name {
        "id" => Value::from(entry.id.as_str()),
        "project_id" => Value::from(entry.project_id.as_str()),
        "content" => Value::from(entry.content.as_str()),
        "timestamp" => Value::from(entry.timestamp.to_string()),
        "unix_time" => unix_time(entry.timestamp),
        "metadata" => {
            let mut metadata: Map<String, Value> = entry.metadata.clone();
            metadata.insert("aimem_id".to_owned(), Value::from(entry.id.as_str()));
            Value::Object(metadata)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let metadata = Map::from_iter([("kind".to_owned(), Value::from("note"))]);
        let ulid = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        Entry::new(ulid, "web", "say \"{id}\"", metadata).unwrap()
    }

    fn body(preset: &Preset) -> String {
        String::from_utf8(preset.body_for(&entry())).unwrap()
    }

    #[test]
    fn the_bodies_are_as_documented_and_content_is_never_a_template() {
        let body = |name| body(&Preset::named(name).unwrap());
        assert_eq!(body("private"), r#"{"user_id":"web","content":"say \"{id}\""}"#);
        let common = concat!(
            r#"{"messages":[{"role":"user","content":"say \"{id}\""}],"user_id":"web","#,
            r#""metadata":{"kind":"note","aimem_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"},"infer":false"#
        );
        assert_eq!(body("mem0-oss"), format!("{common}}}"));
        assert_eq!(body("mem0-cloud"), format!("{common},\"timestamp\":1469922850}}"));
    }

    #[test]
    fn a_custom_body_fills_texts_and_whole_values() {
        let mut preset = Preset::named("private").unwrap();
        preset.body = json!({"a": "{project_id}/{id} {unknown} {", "m": ["{metadata}"], "n": 1});
        let wanted = r#"{"a":"web/01ARZ3NDEKTSV4RRFFQ69G5FAV {unknown} {","m":[{"kind":"note","aimem_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}],"n":1}"#;
        assert_eq!(body(&preset), wanted);
    }

    #[test]
    fn success_is_what_the_preset_says() {
        let private = Preset::named("private").unwrap();
        assert!(private.judge(br#"{"success": true}"#).is_ok());
        for answer in [&b"{}"[..], br#"{"success": false}"#, br#"{"success": "true"}"#, b"<html>", b""] {
            assert!(private.judge(answer).is_err());
        }
        let oss = Preset::named("mem0-oss").unwrap();
        assert!(oss.judge(br#"{"results": []}"#).is_ok());
        assert!(oss.judge(br#"{"success": false}"#).is_err());
    }
}
