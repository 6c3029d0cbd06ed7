//! What a filter finds besides its input.

use crate::json::parse::parse_many;
use crate::{InvalidJson, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Takes what `debug` and `stderr` write.
type Sink = Rc<dyn Fn(&[u8])>;

/// What a filter finds besides its input: `$name`, `$ARGS`, `$ENV`, and where messages go.
#[derive(Clone, Default)]
pub struct Bindings {
    pub(crate) named: Vec<(String, Value)>,
    pub(crate) positional: Vec<Value>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) input_filename: Option<String>,
    pub(crate) messages: Option<Sink>,
}

impl Bindings {
    /// `--arg NAME TEXT`: `$NAME` is a string. (`--rawfile` too, with the file's text.)
    pub fn arg(&mut self, name: &str, text: &str) {
        self.bind(name, Value::from_str(text));
    }

    /// `--argjson NAME JSON`: `$NAME` is a value.
    ///
    /// # Errors
    ///
    /// [`InvalidJson`] when `json` is not one JSON document.
    pub fn argjson(&mut self, name: &str, json: &[u8]) -> Result<(), InvalidJson> {
        self.bind(name, Value::parse(json)?);
        Ok(())
    }

    /// `--slurpfile NAME FILE`: `$NAME` is an array of all the documents in `json`.
    ///
    /// # Errors
    ///
    /// [`InvalidJson`] when `json` is not a sequence of JSON documents.
    pub fn slurpfile(&mut self, name: &str, json: &[u8]) -> Result<(), InvalidJson> {
        self.bind(name, Value::array(parse_many(json)?));
        Ok(())
    }

    /// Binds `$name` to any value. The first binding of a name counts, as in jq.
    pub fn bind(&mut self, name: &str, value: Value) {
        if self.named.iter().all(|(bound, _)| bound != name) {
            self.named.push((name.to_owned(), value));
        }
    }

    /// `--args TEXT`: one more string in `$ARGS.positional`.
    pub fn positional(&mut self, text: &str) {
        self.positional.push(Value::from_str(text));
    }

    /// `--jsonargs JSON`: one more value in `$ARGS.positional`.
    ///
    /// # Errors
    ///
    /// [`InvalidJson`] when `json` is not one JSON document.
    pub fn positional_json(&mut self, json: &[u8]) -> Result<(), InvalidJson> {
        self.positional.push(Value::parse(json)?);
        Ok(())
    }

    /// `$ENV` and `env`. Without a call they are empty objects.
    pub fn environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        self.environment = variables.into_iter().collect();
    }

    /// What `input_filename` gives; null without a call.
    pub fn input_filename(&mut self, name: &str) {
        self.input_filename = Some(name.to_owned());
    }

    /// Where `debug` and `stderr` write (whole messages; those of `debug` with their newline).
    /// Without a call they are dropped.
    pub fn messages(&mut self, sink: impl Fn(&[u8]) + 'static) {
        self.messages = Some(Rc::new(sink));
    }

    pub(crate) fn environment_value(&self) -> Value {
        object(self.environment.iter().map(|(name, text)| (name.as_str(), Value::from_str(text))))
    }

    /// The names and values of all global variables.
    pub(crate) fn globals(&self) -> Vec<(String, Value)> {
        let named = object(self.named.iter().map(|(name, value)| (name.as_str(), value.clone())));
        let positional = Value::array(self.positional.clone());
        let arguments = object([("positional", positional), ("named", named)]);
        let own = self.named.iter().map(|(name, value)| (format!("${name}"), value.clone()));
        let mut globals =
            vec![("$ENV".to_owned(), self.environment_value()), ("$ARGS".to_owned(), arguments)];
        globals.extend(own);
        globals
    }
}

/// An object of these entries.
fn object<'k>(entries: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
    let mut object = crate::json::object::Object::default();
    for (key, value) in entries {
        object.insert(&crate::json::text::Text::new(key), value);
    }
    Value::object(object)
}
