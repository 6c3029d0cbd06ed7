//! Who edits: a session of a client, and perhaps a subagent in it.

use sha2::{Digest, Sha256};

use crate::lock::Session;

/// A longer part of a name is replaced by its hash: a name must fit into a lock's info file whole.
const LONGEST: usize = 64;

/// One holder: a session of a client, or a subagent of that session. Both have the session's id, so a
/// subagent that is named is a holder of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    client: String,
    session: String,
    agent: String,
}

impl Agent {
    /// The session of a client, or the subagent in it. What can't be part of a name is replaced by its
    /// hash.
    pub fn new(client: &str, session: &str, agent: Option<&str>) -> Agent {
        let agent = agent.map(part).unwrap_or_default();
        Agent { client: part(client), session: part(session), agent }
    }

    /// The holder that a lock names, if it is one of these.
    pub fn named(name: &str) -> Option<Agent> {
        let parts: Vec<&str> = name.split(':').collect();
        let (client, session, agent) = match parts.as_slice() {
            [client, session] => (client, session, None),
            [client, session, agent] => (client, session, Some(*agent)),
            _ => return None,
        };
        let found = Agent::new(client, session, agent);
        (found.name() == name).then_some(found)
    }

    /// `NAME:SESSION`, or `NAME:SESSION:AGENT`.
    pub fn name(&self) -> String {
        match self.agent.as_str() {
            "" => format!("{}:{}", self.client, self.session),
            agent => format!("{}:{}:{agent}", self.client, self.session),
        }
    }

    /// The name of the session's main agent, which the session's commands have too.
    pub fn session_name(&self) -> String {
        format!("{}:{}", self.client, self.session)
    }

    /// The subagent's part of the name; empty for the main agent.
    pub fn subagent(&self) -> &str {
        &self.agent
    }

    /// The same session's agent with that part of a name.
    #[must_use]
    pub fn other(&self, subagent: &str) -> Agent {
        Agent { agent: subagent.to_owned(), ..self.clone() }
    }

    /// The holder as a lock knows it.
    pub(super) fn holder(&self) -> Option<Session> {
        Session::of(&self.name())
    }

    /// The file of the whole session.
    pub(super) fn file_name(&self) -> String {
        format!("{}@{}{SUFFIX}", self.client, self.session)
    }

    /// The session whose file has that name.
    pub(super) fn of_file(name: &str) -> Option<Agent> {
        let (client, session) = name.strip_suffix(SUFFIX)?.split_once('@')?;
        let found = Agent::new(client, session, None);
        (found.file_name() == name).then_some(found)
    }
}

/// What the names of session files end with.
pub(super) const SUFFIX: &str = ".jsonl";

/// Text as a part of a name and of a file's name.
fn part(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let fits = (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_plain) && !text.starts_with('.');
    if fits { text.to_owned() } else { format!("x{}", &hex::encode(Sha256::digest(text))[..16]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_subagent_is_a_holder_of_its_own_in_the_same_file() {
        let main = Agent::new("claude-code", "5f1c", None);
        let sub = Agent::new("claude-code", "5f1c", Some("a1"));
        assert_eq!((main.name().as_str(), sub.name().as_str()), ("claude-code:5f1c", "claude-code:5f1c:a1"));
        assert_eq!(main.file_name(), sub.file_name());
        assert_eq!(Agent::named(&sub.name()), Some(sub));
        assert_eq!(Agent::named("claude-code"), None);
    }

    proptest! {
        #[test]
        fn any_ids_make_a_holder_and_a_file_in_the_folder(session: String, agent: Option<String>) {
            let agent = Agent::new("codex", &session, agent.as_deref());
            prop_assert!(agent.holder().is_some());
            prop_assert!(!agent.file_name().contains(['/', '\n']) && agent.file_name().len() < 200);
            prop_assert_eq!(Agent::of_file(&agent.file_name()), Some(agent.other("")));
            prop_assert_eq!(Agent::named(&agent.name()), Some(agent));
        }
    }
}
