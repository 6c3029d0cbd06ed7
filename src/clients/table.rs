//! Which client keeps what where: one row a client.

use std::path::PathBuf;

use crate::document::Format;

/// A program that agents run in, and that has settings of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are named after what they are")]
pub enum Client {
    ClaudeCode,
    Cursor,
    Vscode,
    Codex,
    Zed,
    Gemini,
}

/// For whom an entry is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// For everything that this user does.
    #[default]
    User,
    /// For all who work in the project folder.
    Project,
}

/// The folders in which clients keep their settings.
#[derive(Debug, Clone)]
pub struct Homes {
    /// The user's.
    pub home: PathBuf,
    /// Where programs keep settings: `~/.config`.
    pub config: PathBuf,
    /// Where desktop applications do.
    pub applications: PathBuf,
    /// Claude Code's own, if it was moved.
    pub claude: Option<PathBuf>,
    /// Codex's own, if it was moved.
    pub codex: Option<PathBuf>,
    /// Where we keep what we remember.
    pub state: PathBuf,
    /// The project.
    pub project: PathBuf,
}

/// Where a client keeps a user's settings.
#[derive(Clone, Copy)]
enum Base {
    Home,
    Config,
    Applications,
    Claude,
    Codex,
}

struct Row {
    client: Client,
    /// As it is typed.
    word: &'static str,
    /// As it calls itself.
    name: &'static str,
    base: Base,
    user: &'static str,
    project: &'static str,
    format: Format,
    /// The key of all servers.
    servers: &'static str,
    /// What a server's entry says of its kind.
    kind: Option<(&'static str, &'static str)>,
}

/// A file of JSON is read with comments and trailing commas, whether its client takes them or not:
/// none is lost, and none is made.
const ROWS: [Row; 6] = [
    Row {
        client: Client::ClaudeCode,
        word: "claude-code",
        name: "Claude Code",
        base: Base::Claude,
        user: ".claude.json",
        project: ".mcp.json",
        format: Format::Jsonc,
        servers: "mcpServers",
        kind: Some(("type", "stdio")),
    },
    Row {
        client: Client::Cursor,
        word: "cursor",
        name: "Cursor",
        base: Base::Home,
        user: ".cursor/mcp.json",
        project: ".cursor/mcp.json",
        format: Format::Jsonc,
        servers: "mcpServers",
        kind: None,
    },
    Row {
        client: Client::Vscode,
        word: "vscode",
        name: "VS Code",
        base: Base::Applications,
        user: "Code/User/mcp.json",
        project: ".vscode/mcp.json",
        format: Format::Jsonc,
        servers: "servers",
        kind: Some(("type", "stdio")),
    },
    Row {
        client: Client::Codex,
        word: "codex",
        name: "Codex",
        base: Base::Codex,
        user: "config.toml",
        project: ".codex/config.toml",
        format: Format::Toml,
        servers: "mcp_servers",
        kind: None,
    },
    Row {
        client: Client::Zed,
        word: "zed",
        name: "Zed",
        base: Base::Config,
        user: "zed/settings.json",
        project: ".zed/settings.json",
        format: Format::Jsonc,
        servers: "context_servers",
        kind: Some(("source", "custom")),
    },
    Row {
        client: Client::Gemini,
        word: "gemini",
        name: "Gemini",
        base: Base::Home,
        user: ".gemini/settings.json",
        project: ".gemini/settings.json",
        format: Format::Jsonc,
        servers: "mcpServers",
        kind: None,
    },
];

impl Client {
    /// Every client.
    pub const ALL: [Client; ROWS.len()] =
        [Client::ClaudeCode, Client::Cursor, Client::Vscode, Client::Codex, Client::Zed, Client::Gemini];

    fn row(self) -> &'static Row {
        ROWS.iter().find(|row| row.client == self).unwrap_or(&ROWS[0])
    }

    /// The word for it that is typed.
    pub fn word(self) -> &'static str {
        self.row().word
    }

    /// What it calls itself.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The format of its settings.
    pub fn format(self) -> Format {
        self.row().format
    }

    /// The key of all servers in its settings.
    pub fn servers(self) -> &'static str {
        self.row().servers
    }

    pub(super) fn kind_of_server(self) -> Option<(&'static str, &'static str)> {
        self.row().kind
    }

    /// The file that names its servers.
    pub fn file(self, scope: Scope, homes: &Homes) -> PathBuf {
        let row = self.row();
        let base = match (scope, row.base) {
            (Scope::Project, _) => return homes.project.join(row.project),
            (_, Base::Home) => homes.home.clone(),
            (_, Base::Config) => homes.config.clone(),
            (_, Base::Applications) => homes.applications.clone(),
            (_, Base::Claude) => homes.claude.clone().unwrap_or_else(|| homes.home.clone()),
            (_, Base::Codex) => homes.codex.clone().unwrap_or_else(|| homes.home.join(".codex")),
        };
        base.join(row.user)
    }

    /// Whether the client locks that file itself while it writes, by a folder beside it.
    pub fn has_lock(self, scope: Scope) -> bool {
        self == Client::ClaudeCode && scope == Scope::User
    }
}
