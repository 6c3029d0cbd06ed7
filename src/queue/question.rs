//! What a server can be asked, besides to take a memory: its state, and a project's memories.
//!
//! A server is believed nothing: an answer may be late, long, or of another shape than it should be.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::preset::{fill, written_out};
use super::server::Client;

/// More memories than this are not asked for at once.
pub const MOST: u32 = 1000;

/// How a kind of server is asked for memories.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// What follows the server's URL, with `{project_id}`, `{query}` and `{limit}` to be filled in.
    pub path: String,
    /// The body of a POST, with the same. Without one it is a GET.
    #[serde(default)]
    pub body: Option<Value>,
    /// Where the memories stand in the answer, as a JSON pointer. An answer that is a list, or that
    /// has one at the pointer's parent, is understood too.
    #[serde(default)]
    pub results: String,
}

/// What a question is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Whose memories.
    pub project: &'a str,
    /// What they should be about; empty for all.
    pub query: &'a str,
    /// At most so many.
    pub limit: u32,
}

/// A memory as a server has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// The memory.
    pub memory: String,
    /// How well it fits, where the server says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

/// What a healthy server says of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SelfDescription {
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Who runs its language model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm_provider: Option<String>,
    /// Its language model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm_model: Option<String>,
    /// Where it keeps its vectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector_store: Option<String>,
    /// Whether it makes backups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_enabled: Option<bool>,
}

impl Question {
    /// A question without a body.
    pub(super) fn get(path: &str, results: &str) -> Question {
        Question { path: path.to_owned(), body: None, results: results.to_owned() }
    }

    /// A question with a body.
    pub(super) fn post(path: &str, body: Value, results: &str) -> Question {
        Question { body: Some(body), ..Question::get(path, results) }
    }

    fn path_for(&self, about: About<'_>) -> String {
        written_out(&self.path, &|name| {
            value_of(name, about).map(|value| match value {
                Value::String(text) => Value::String(in_url(&text)),
                number => number,
            })
        })
    }

    fn body_for(&self, about: About<'_>) -> Option<Vec<u8>> {
        let body = fill(self.body.as_ref()?, &|name| value_of(name, about));
        Some(serde_json::to_vec(&body).unwrap_or_default())
    }

    /// The memories of an answer.
    fn read(&self, answer: &Value) -> Option<Vec<Found>> {
        Some(self.list(answer)?.iter().filter_map(memory).collect())
    }

    fn list<'a>(&self, answer: &'a Value) -> Option<&'a Vec<Value>> {
        let parent = self.results.rsplit_once('/').map_or("", |(parent, _)| parent);
        let places = [Some(answer), answer.pointer(&self.results), answer.pointer(parent)];
        places.into_iter().flatten().find_map(Value::as_array)
    }
}

fn value_of(name: &str, about: About<'_>) -> Option<Value> {
    Some(match name {
        "project_id" => Value::from(about.project),
        "query" => Value::from(about.query),
        "limit" => Value::from(about.limit),
        _ => return None,
    })
}

/// A text as a part of a path or a query.
fn in_url(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    // A path of dots would mean another one.
    let dots = text.bytes().all(|byte| byte == b'.');
    let encode = |byte: u8| match plain(byte) && !dots {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// One memory of a list; anything else is passed over.
fn memory(item: &Value) -> Option<Found> {
    let text = item.as_str().or_else(|| {
        let keys = ["memory", "content", "text"];
        keys.iter().find_map(|key| item.get(*key)?.as_str())
    })?;
    Some(Found { memory: text.to_owned(), score: item.get("score").and_then(Value::as_f64) })
}

impl Client {
    /// Asks for a project's memories: those that fit the query, or, without one, all.
    ///
    /// # Errors
    /// Why there is no answer that can be used, in one line.
    pub fn memories(&self, about: About<'_>) -> Result<Vec<Found>, String> {
        let preset = &self.server().preset;
        let (question, what) = match about.query {
            "" => (&preset.list, "list"),
            _ => (&preset.search, "search"),
        };
        let question = question.as_ref().ok_or_else(|| {
            format!("the settings do not say how to {what} memories there: [mem0.custom.{what}]")
        })?;
        let about = About { limit: about.limit.clamp(1, MOST), ..about };
        let answer = self.ask(&question.path_for(about), question.body_for(about))?;
        if answer.get("success") == Some(&Value::Bool(false)) {
            return Err("the answer says success: false".to_owned());
        }
        let mut found = question.read(&answer).ok_or("the answer has no list of memories")?;
        found.truncate(about.limit as usize);
        Ok(found)
    }

    /// Asks for the projects that the server knows; `None` where it can't say.
    ///
    /// # Errors
    /// Why there is no answer that can be used, in one line.
    pub fn projects(&self) -> Result<Option<Vec<String>>, String> {
        let Some(question) = &self.server().preset.projects else { return Ok(None) };
        let about = About { project: "", query: "", limit: MOST };
        let answer = self.ask(&question.path_for(about), question.body_for(about))?;
        let list = question.list(&answer).ok_or("the answer has no list of projects")?;
        let name = |item: &Value| {
            // Other kinds of entities, such as agents, are no projects.
            let is_user = item.get("type").is_none_or(|kind| kind == "user");
            let name = item.as_str().or_else(|| item.get("name")?.as_str()).filter(|_| is_user);
            name.map(str::to_owned)
        };
        Ok(Some(list.iter().filter_map(name).take(MOST as usize).collect()))
    }

    /// Asks whether the server is up, and what it says of itself.
    ///
    /// # Errors
    /// Why it counts as down, in one line.
    pub fn describe(&self) -> Result<SelfDescription, String> {
        let body = self.health_answer()?;
        let answer: Map<String, Value> = serde_json::from_slice(&body).unwrap_or_default();
        let text = |key: &str| match answer.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        Ok(SelfDescription {
            version: text("version"),
            llm_provider: text("llm_provider"),
            llm_model: text("llm_model"),
            vector_store: text("vector_store"),
            backup_enabled: answer.get("backup_enabled").and_then(Value::as_bool),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::preset::Preset;
    use serde_json::json;

    const ABOUT: About<'_> = About { project: "a/b c", query: "say \"{limit}\"", limit: 5 };

    #[test]
    fn every_preset_asks_in_its_own_way_and_no_value_is_a_template() {
        let asked = |name: &str| {
            let preset = Preset::named(name).unwrap();
            [preset.list.unwrap(), preset.search.unwrap()].map(|question| {
                let body = question.body_for(ABOUT).map(|body| String::from_utf8(body).unwrap());
                format!("{} {}", question.path_for(ABOUT), body.unwrap_or_default())
            })
        };
        assert_eq!(
            asked("private"),
            [
                "/memory/a%2Fb%20c?limit=5 ",
                r#"/memory/search {"user_id":"a/b c","query":"say \"{limit}\"","limit":5}"#
            ]
        );
        assert_eq!(
            asked("mem0-oss"),
            [
                "/memories?user_id=a%2Fb%20c ",
                r#"/search {"query":"say \"{limit}\"","user_id":"a/b c","filters":{"user_id":"a/b c"},"top_k":5}"#
            ]
        );
        assert_eq!(
            asked("mem0-cloud"),
            [
                r#"/v3/memories/?page=1&page_size=5 {"filters":{"user_id":"a/b c"}}"#,
                r#"/v3/memories/search/ {"query":"say \"{limit}\"","filters":{"user_id":"a/b c"},"top_k":5}"#
            ]
        );
        assert_eq!(in_url(".."), "%2E%2E");
    }

    #[test]
    fn a_list_is_found_where_servers_put_it() {
        let question = Question::get("", "/results/results");
        let list = json!([{"memory": "one", "score": 0.5}, {"text": "two"}, 3, "four", {"memory": 5}]);
        let found = |answer: Value| {
            question.read(&answer).map(|found| found.into_iter().map(|one| one.memory).collect::<Vec<_>>())
        };
        for answer in [list.clone(), json!({"results": list}), json!({"results": {"results": list}})] {
            assert_eq!(found(answer).unwrap(), ["one", "two", "four"]);
        }
        for answer in [json!({}), json!(null), json!({"results": {"results": "x"}})] {
            assert_eq!(found(answer), None);
        }
    }
}
