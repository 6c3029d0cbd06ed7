//! Which server to talk to: the settings file, and the variables that overrule it.
//!
//! The file may belong to another user, when the superuser works with that user's HOME. Then it has
//! that user's authority only, and gets nothing that the user does not have: a credential that it
//! names must be the user's own, and one that stands in our environment is not sent to where it
//! leads.

use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::error::without_value;
use super::preset::{NAMES, Preset};
use super::{QueueError, Variables};
use crate::sys::failure::Op;
use crate::sys::folder::walk_to_file;
use crate::sys::{self, found};

const PRESET: &str = "AIMEM_MEM0_PRESET";
const URL: &str = "AIMEM_MEM0_URL";
const TOKEN: &str = "AIMEM_MEM0_TOKEN";
const TOKEN_FILE: &str = "AIMEM_MEM0_TOKEN_FILE";
/// No time-out is longer, so that adding it to the time cannot overflow.
const LONGEST_TIME: Duration = Duration::from_secs(24 * 3600);

/// What stands in `config.toml`. Other tables are for other parts of the program.
#[derive(Debug, Default, Deserialize)]
struct File {
    #[serde(default)]
    mem0: Mem0,
}

/// The table `[mem0]`. Times are in seconds.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Mem0 {
    preset: Option<String>,
    url: Option<String>,
    health_url: Option<String>,
    token_file: Option<PathBuf>,
    connect_timeout: Option<f64>,
    read_timeout: Option<f64>,
    total_timeout: Option<f64>,
    custom: Option<Preset>,
}

/// A server, as configured.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its URL, without a slash at the end.
    pub url: String,
    /// The URL of the health check.
    pub health_url: String,
    /// Which kind of server it is.
    pub preset: Preset,
    /// The credential that it wants.
    pub token: Option<Secret>,
    /// Where the credential is set, or should be.
    pub token_setting: String,
    /// Until there is a connection.
    pub connect_timeout: Duration,
    /// From then until the answer begins, and again until it ends.
    pub read_timeout: Duration,
    /// For everything together.
    pub total_timeout: Duration,
}

/// A text that is never shown.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The text, for the one header that carries it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// Takes the secret out of a text that came from elsewhere.
    pub fn redact(&self, text: &str) -> String {
        text.replace(&self.0, "***")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("***")
    }
}

impl Server {
    /// Reads the settings. `None` when no server is set: saving works without one.
    ///
    /// # Errors
    /// [`QueueError::Setting`] names the variable, or the file and its key; or the file of the
    /// settings or of the credential can't be read.
    pub fn from_settings(
        config: Option<&Path>,
        variables: Variables<'_>,
    ) -> Result<Option<Server>, QueueError> {
        let (settings, place) = match config {
            Some(path) => (read_file(path)?, path.display().to_string()),
            None => (None, "the settings".to_owned()),
        };
        let (file, author) = settings.map_or((Mem0::default(), None), |(file, author)| (file, author));
        let key = |key: &str| format!("{place}: [mem0] {key}");
        let (url, url_from) = first(text(URL, variables)?, URL, file.url, || key("url"));
        let (name, name_from) = first(text(PRESET, variables)?, PRESET, file.preset, || key("preset"));
        if url.is_none() && name.is_none() {
            return Ok(None);
        }
        let name = name.unwrap_or_else(|| "private".to_owned());
        let preset = match (Preset::named(&name), file.custom) {
            (Some(preset), _) => preset,
            (None, Some(custom)) if name == "custom" => custom,
            (None, None) if name == "custom" => {
                return Err(QueueError::setting(key("custom"), "the preset custom needs this table"));
            }
            _ => {
                let reason = format!("{name:?} is no preset; there are {} and custom", NAMES.join(", "));
                return Err(QueueError::setting(name_from, reason));
            }
        };
        let url = url.or_else(|| preset.url.clone()).ok_or_else(|| {
            QueueError::setting(key("url"), format!("the preset {name} needs it (or {URL})"))
        })?;
        let url = checked_url(&url, &url_from)?;
        let health_url = match file.health_url {
            Some(health) => checked_url(&health, &key("health_url"))?,
            None => format!("{url}{}", preset.health_path),
        };
        let (token, token_setting) = token(file.token_file, &key("token_file"), author, variables)?;
        let time = |value: Option<f64>, name: &str, default| match value {
            None => Ok(Duration::from_secs(default)),
            Some(seconds) => Duration::try_from_secs_f64(seconds)
                .ok()
                .filter(|time| !time.is_zero())
                .map(|time| time.min(LONGEST_TIME))
                .ok_or_else(|| QueueError::setting(key(name), "not a number of seconds greater than 0")),
        };
        Ok(Some(Server {
            url,
            health_url,
            preset,
            token,
            token_setting,
            connect_timeout: time(file.connect_timeout, "connect_timeout", 5)?,
            read_timeout: time(file.read_timeout, "read_timeout", 15)?,
            total_timeout: time(file.total_timeout, "total_timeout", 30)?,
        }))
    }
}

/// The table, and its author when that is another user than ours and the superuser.
fn read_file(path: &Path) -> Result<Option<(Mem0, Option<u32>)>, QueueError> {
    let fail = |error| QueueError::io(Op::Read, path)(error);
    let Some(reached) = found(walk_to_file(path)).map_err(fail)? else { return Ok(None) };
    let text = reached.text().map_err(fail)?;
    let owner = reached.owner;
    let author = (owner != 0 && owner != sys::process::effective_user()).then_some(owner);
    let parsed = toml::from_str::<File>(&text);
    parsed.map(|file| Some((file.mem0, author))).map_err(|error| {
        // Not the whole error: it quotes the line, which could hold a credential.
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        let at = line.map_or_else(String::new, |line| format!(", line {line}"));
        let what = without_value(error.message()).unwrap_or(error.message());
        QueueError::setting(format!("{}{at}", path.display()), what)
    })
}

/// The variable's value if it is set, else the file's, and where it came from.
fn first(
    variable: Option<String>,
    name: &str,
    file: Option<String>,
    key: impl FnOnce() -> String,
) -> (Option<String>, String) {
    match variable {
        Some(value) => (Some(value), name.to_owned()),
        None => (file, key()),
    }
}

/// A variable's value as text.
fn text(name: &str, variables: Variables<'_>) -> Result<Option<String>, QueueError> {
    let value = variables(name);
    value.map(|value| value.into_string().map_err(|_| QueueError::setting(name, "not UTF-8"))).transpose()
}

/// A URL without what may be a credential in it: for messages.
pub fn shown_url(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = plain.split_once("://").unwrap_or(("", plain));
    let host = rest.split('/').next().unwrap_or_default();
    let user = host.rfind('@').map_or(0, |at| at + 1);
    let query = if plain == url { "" } else { "?…" };
    format!("{scheme}{}{}{query}", if scheme.is_empty() { "" } else { "://" }, &rest[user..])
}

/// The URL that a variable names for the worker, if it may be written down: with a query it may be
/// a credential.
///
/// # Errors
/// [`QueueError::Setting`] for one that the worker would refuse, such as one with a password.
pub fn plain_url(url: &str, setting: &str) -> Result<Option<String>, QueueError> {
    checked_url(url, setting)?;
    Ok((shown_url(url) == url).then(|| url.to_owned()))
}

fn checked_url(url: &str, setting: &str) -> Result<String, QueueError> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    match host {
        None | Some("") => {
            Err(QueueError::setting(setting, "not a URL that begins with http:// or https://"))
        }
        Some(host) if host.contains('@') => Err(QueueError::setting(
            setting,
            format!("a credential does not belong in the URL; set {TOKEN_FILE} or {TOKEN}"),
        )),
        Some(_) if url.contains(|letter: char| letter.is_whitespace() || letter.is_control()) => {
            Err(QueueError::setting(setting, "a URL has no spaces"))
        }
        Some(_) => Ok(url.trim_end_matches('/').to_owned()),
    }
}

/// The credential and where it is set. A variable goes before a file, and the variables go
/// before the settings. Their author is another user, if any.
fn token(
    from_settings: Option<PathBuf>,
    key: &str,
    author: Option<u32>,
    variables: Variables<'_>,
) -> Result<(Option<Secret>, String), QueueError> {
    let to_stranger = |variable: &str| {
        author.map_or(Ok(()), |user| {
            let reason = format!(
                "user {user} wrote the settings, and could have it sent anywhere: unset it, or let \
                 XDG_CONFIG_HOME name a folder of your own"
            );
            Err(QueueError::setting(variable, reason))
        })
    };
    if let Some(token) = text(TOKEN, variables)? {
        to_stranger(TOKEN)?;
        return Ok((Some(checked_token(&token, TOKEN)?), TOKEN.to_owned()));
    }
    let variable = variables(TOKEN_FILE).map(PathBuf::from);
    let (path, setting, author) = match (variable, from_settings) {
        (Some(path), _) => {
            to_stranger(TOKEN_FILE)?;
            (path, TOKEN_FILE.to_owned(), None)
        }
        (None, Some(path)) => (path, key.to_owned(), author),
        (None, None) => return Ok((None, format!("{TOKEN_FILE}, {TOKEN}, or {key}, none of which is set"))),
    };
    let read = || -> io::Result<String> {
        let reached = walk_to_file(&std::path::absolute(&path)?)?;
        let owner = reached.file.metadata()?.uid();
        if author.is_some_and(|author| author != owner) {
            let why = format!("it belongs to user {owner}, and not to the one who names it");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        reached.text()
    };
    let token = read().map_err(QueueError::io(Op::ReadCredential, &path))?;
    let setting = format!("{setting} ({})", path.display());
    Ok((Some(checked_token(&token, &setting)?), setting))
}

fn checked_token(token: &str, setting: &str) -> Result<Secret, QueueError> {
    let token = token.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return Err(QueueError::setting(setting, "not a credential: it is empty, or not one line of ASCII"));
    }
    Ok(Secret(token.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Server>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), text.as_bytes()).unwrap();
        Server::from_settings(Some(&path), &|_| None)
            .map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn a_server_is_what_the_table_says() {
        let server =
            read("[mem0]\nurl = 'http://127.0.0.1:1/'\nread_timeout = 0.5\n[other]\nx = 1").unwrap().unwrap();
        assert_eq!(
            (server.url.as_str(), server.health_url.as_str()),
            ("http://127.0.0.1:1", "http://127.0.0.1:1/health")
        );
        assert_eq!(server.read_timeout, Duration::from_millis(500));
        assert_eq!(server.preset, Preset::named("private").unwrap());
        let cloud = read("[mem0]\npreset = 'mem0-cloud'").unwrap().unwrap();
        assert_eq!(cloud.health_url, "https://api.mem0.ai/v1/ping/");
    }

    #[test]
    fn a_custom_preset_stands_in_the_table() {
        let text = "[mem0]\npreset = 'custom'\nurl = 'https://h'\n[mem0.custom]\npath = '/p'\nhealth_path = '/up'\n\
                    body = { text = '{content}' }\nsuccess = { pointer = '/ok', equals = 1 }";
        let server = read(text).unwrap().unwrap();
        assert_eq!(server.preset.success.unwrap().equals, 1);
    }

    #[test]
    fn without_a_server_there_is_none() {
        assert!(read("").unwrap().is_none());
        assert!(
            Server::from_settings(Some(Path::new("/nonexistent/config.toml")), &|_| None).unwrap().is_none()
        );
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (text, wanted) in [
            ("[mem0]\nurl = 'ftp://h'", "FILE: [mem0] url: not a URL that begins with http:// or https://"),
            (
                "[mem0]\npreset = 'x'",
                "FILE: [mem0] preset: \"x\" is no preset; there are private, mem0-oss, mem0-cloud and custom",
            ),
            (
                "[mem0]\npreset = 'private'",
                "FILE: [mem0] url: the preset private needs it (or AIMEM_MEM0_URL)",
            ),
            (
                "[mem0]\nurl = 'http://h'\nread_timeout = 0",
                "FILE: [mem0] read_timeout: not a number of seconds greater than 0",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), wanted);
        }
        let secret = read("[mem0]\nurl = 'http://u:hunter2@h'").unwrap_err();
        assert!(!secret.contains("hunter2"), "{secret}");
        for line in ["token = 'hunter2'", "read_timeout = 'hunter2'", "url = ['hunter2']"] {
            let secret = read(&format!("[mem0]\n{line}")).unwrap_err();
            assert!(secret.contains("line 2") && !secret.contains("hunter2"), "{secret}");
        }
    }

    #[test]
    fn urls_are_shown_without_credentials() {
        for (url, shown) in [
            ("http://h:1/a", "http://h:1/a"),
            ("http://u:hunter2@h/a@b", "http://h/a@b"),
            ("https://u:hunt@er2@h", "https://h"),
            ("https://h/a?key=hunter2#x", "https://h/a?…"),
            ("https://h#hunter2", "https://h?…"),
            ("u:hunter2@h", "h"),
            ("", ""),
        ] {
            assert_eq!(shown_url(url), shown, "{url}");
        }
    }

    #[test]
    fn a_secret_is_not_shown_and_is_found_in_texts() {
        let secret = Secret("hunter2".to_owned());
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(secret.redact("bad key hunter2!"), "bad key ***!");
    }
}
