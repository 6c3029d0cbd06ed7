//! The settings files of agents' clients: an entry of ours put in, and taken out again.
//!
//! Such a file belongs to a person and to a program that rewrites it at any time. It is changed by
//! one transaction, as every document: our lock, and the client's own where it has one; read; one
//! span changed; published only in the place of what was read. All else in it stays, byte for byte.
//!
//! What an installation changed is noted ([`note`]), so that its removal gives the first bytes back,
//! also when the file was changed elsewhere since.

mod edit;
mod error;
mod foreign;
mod hooks;
pub mod note;
mod own;
mod table;

pub use edit::{Done, Room, Task};
pub use error::ClientError;
pub use hooks::HookClient;
pub use own::{Added, add_by_claude};
pub use table::{Client, Homes, Scope};

/// What an entry for the server is called everywhere.
pub const NAME: &str = "aimem";

/// One thing of ours in a settings file.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The keys that lead to it; to its list, if it is an element of one.
    pub path: Vec<String>,
    /// What it is.
    pub value: serde_json::Value,
    /// Whether it is an element of a list, beside others', and not the value of a key of its own.
    pub is_element: bool,
    /// The end of the command of an element that is ours although it is spelled otherwise, such as with
    /// another path of the program.
    pub ending: Option<String>,
}

impl Entry {
    /// The entry that starts the server.
    pub fn server(client: Client, command: &str) -> Entry {
        let mut value = serde_json::Map::new();
        if let Some((key, kind)) = client.kind_of_server() {
            value.insert(key.to_owned(), kind.into());
        }
        value.insert("command".to_owned(), command.into());
        value.insert("args".to_owned(), vec!["mcp"].into());
        let path = vec![client.servers().to_owned(), NAME.to_owned()];
        Entry { path, value: value.into(), is_element: false, ending: None }
    }

    /// Whether what stands in its place is ours too, perhaps with arguments that somebody has added.
    fn is_like(&self, found: &serde_json::Value) -> bool {
        let command = found["command"].as_str().or_else(|| found["command"]["path"].as_str());
        let is_aimem = command.is_some_and(|command| command.rsplit('/').next() == Some(NAME));
        *found == self.value || is_aimem && found["args"][0] == "mcp"
    }
}
