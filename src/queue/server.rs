//! The HTTP side: one request, and what its answer means.
//!
//! Redirects are not followed: a memory goes to the server that was set, or nowhere. Bodies have
//! a `Content-Length`. Nothing here waits for longer than the total time-out.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::Value;
use ureq::http::{HeaderMap, StatusCode};
use ureq::{Agent, Proxy, RequestBuilder, Timeout};

use super::config::{Server, shown_url};
use super::state::FARTHEST;
use super::{Entry, QueueError, Variables};
use crate::sys::text::{printable, shorten};

/// An answer is a few hundred bytes; what is longer is not ours.
const LONGEST_ANSWER: u64 = 1 << 20;
/// A list of memories is longer.
const LONGEST_LIST: u64 = 16 << 20;
/// As much of an answer as fits into a line.
const SHOWN: usize = 200;

/// What became of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The server has it.
    Delivered,
    /// It may work later.
    Again {
        /// Why it did not, in one line.
        why: String,
        /// How long the server asks us to wait.
        after: Option<Duration>,
        /// There was no answer at all: the server may be down.
        silent: bool,
    },
    /// The server refuses it.
    Refused {
        /// What it said, in one line.
        why: String,
    },
    /// The server does not accept our credential.
    Credential {
        /// What it said, and which setting holds the credential.
        why: String,
    },
}

/// A client for a server, usable from several threads at once.
#[derive(Debug)]
pub struct Client {
    server: Server,
    agent: Agent,
    url: String,
}

impl Client {
    /// Prepares the client. Nothing is sent yet.
    ///
    /// # Errors
    /// The proxy that the environment names can't be used.
    pub fn new(server: Server, connections: usize, variables: Variables<'_>) -> Result<Client, QueueError> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(proxy(&server.url, variables)?)
            .user_agent(concat!("aimem/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .max_idle_connections(connections)
            .max_idle_connections_per_host(connections)
            .timeout_global(Some(server.total_timeout))
            .timeout_resolve(Some(server.connect_timeout))
            .timeout_connect(Some(server.connect_timeout))
            .timeout_send_request(Some(server.read_timeout))
            .timeout_send_body(Some(server.read_timeout))
            .timeout_recv_response(Some(server.read_timeout))
            .timeout_recv_body(Some(server.read_timeout))
            .build();
        let url = format!("{}{}", server.url, server.preset.path);
        Ok(Client { server, agent: config.new_agent(), url })
    }

    /// The server's URL, for messages: without what may be a credential in it.
    pub fn url(&self) -> String {
        shown_url(&self.server.url)
    }

    /// Asks whether the server is up: any 2xx is a yes.
    ///
    /// # Errors
    /// Why it counts as down, in one line.
    pub fn health(&self) -> Result<(), String> {
        self.health_answer().map(drop)
    }

    /// The same, with what it says; empty where that can't be read.
    pub(super) fn health_answer(&self) -> Result<Vec<u8>, String> {
        let request = self.with_credential(self.agent.get(&self.server.health_url));
        let mut response = request.call().map_err(|error| self.explain(&error))?;
        let status = response.status();
        if status.is_success() {
            // Read to its end, so that the connection can be reused.
            let body = response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_vec();
            return Ok(body.unwrap_or_default());
        }
        Err(match status.as_u16() {
            401 | 403 => self.refused_credential(status),
            _ => format!("the health check was answered by {}", named(status)),
        })
    }

    /// Sends one memory.
    pub fn send(&self, entry: &Entry) -> Answer {
        let body = self.server.preset.body_for(entry);
        let request = self
            .agent
            .post(&self.url)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", header_safe(&entry.id));
        let mut response = match self.with_credential(request).send(&body[..]) {
            Ok(response) => response,
            Err(error) => {
                return Answer::Again { why: self.explain(&error), after: None, silent: true };
            }
        };
        let (status, after) = (response.status(), retry_after(response.headers()));
        let body = response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_vec();
        match (status.as_u16(), body) {
            (401 | 403, _) => Answer::Credential { why: self.refused_credential(status) },
            (408 | 425 | 429 | 500..=599, body) => {
                let why = self.said(status, &body.unwrap_or_default());
                Answer::Again { why, after, silent: false }
            }
            (200..=299, Ok(body)) => match self.server.preset.judge(&body) {
                Ok(()) => Answer::Delivered,
                Err(why) => {
                    let why = format!("{why}: {}", self.said(status, &body));
                    Answer::Again { why, after, silent: false }
                }
            },
            (200..=299, Err(error)) => Answer::Again { why: self.explain(&error), after: None, silent: true },
            (_, body) => Answer::Refused { why: self.said(status, &body.unwrap_or_default()) },
        }
    }

    /// The server as it was set.
    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    /// Asks the server something, by POST where there is a body. What it answers must be JSON.
    ///
    /// # Errors
    /// Why there is no such answer, in one line.
    pub(super) fn ask(&self, path: &str, body: Option<Vec<u8>>) -> Result<Value, String> {
        let url = format!("{}{path}", self.server.url);
        let answer = match body {
            None => {
                let request = self.agent.get(&url);
                self.with_credential(request).call()
            }
            Some(body) => {
                let request = self.agent.post(&url).header("Content-Type", "application/json");
                self.with_credential(request).send(&body[..])
            }
        };
        let mut response = answer.map_err(|error| self.explain(&error))?;
        let status = response.status();
        let body = response.body_mut().with_config().limit(LONGEST_LIST).read_to_vec();
        match status.as_u16() {
            401 | 403 => Err(self.refused_credential(status)),
            200..=299 => {
                let body = body.map_err(|error| self.explain(&error))?;
                serde_json::from_slice(&body).map_err(|_| "the answer is not JSON".to_owned())
            }
            _ => Err(self.said(status, &body.unwrap_or_default())),
        }
    }

    fn with_credential<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match self.credential() {
            Some((name, value)) => request.header(name, value),
            None => request,
        }
    }

    fn credential(&self) -> Option<(&str, String)> {
        let header = self.server.preset.auth_header.as_deref()?;
        let token = self.server.token.as_ref()?;
        Some((header, format!("{}{}", self.server.preset.auth_prefix, token.reveal())))
    }

    fn refused_credential(&self, status: StatusCode) -> String {
        format!(
            "{}: the server refuses the credential, which is set by {}",
            named(status),
            self.server.token_setting
        )
    }

    /// An answer in one line.
    fn said(&self, status: StatusCode, body: &[u8]) -> String {
        let text = String::from_utf8_lossy(body);
        // Before it is cut, because half a secret is still too much.
        let text = self.server.token.as_ref().map_or_else(|| text.to_string(), |token| token.redact(&text));
        let text = text.split_whitespace().take(SHOWN).collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return named(status);
        }
        format!("{}: {}", named(status), shorten(&printable(&text), SHOWN))
    }

    /// Why there was no answer, without a URL in it.
    fn explain(&self, error: &ureq::Error) -> String {
        let seconds = |time: Duration| format!("{}s", time.as_secs_f64());
        match error {
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                format!("no connection within {}", seconds(self.server.connect_timeout))
            }
            ureq::Error::Timeout(Timeout::Global | Timeout::PerCall) => {
                format!("no whole answer within {}", seconds(self.server.total_timeout))
            }
            ureq::Error::Timeout(_) => format!("no answer within {}", seconds(self.server.read_timeout)),
            ureq::Error::Io(error) => match error.kind() {
                io::ErrorKind::ConnectionRefused => "the connection was refused".to_owned(),
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof => "the connection was cut".to_owned(),
                _ => format!("the connection failed: {}", printable(&error.to_string())),
            },
            ureq::Error::HostNotFound => "the server's name is not known".to_owned(),
            ureq::Error::BadUri(_) => "the server's URL makes no sense".to_owned(),
            ureq::Error::Protocol(_) => "the answer is not HTTP, or was cut".to_owned(),
            ureq::Error::BodyExceedsLimit(_) => "the answer is too long".to_owned(),
            ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => {
                "the proxy refused the connection".to_owned()
            }
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
                format!("no safe connection: {}", printable(&error.to_string()))
            }
            other => self
                .server
                .token
                .as_ref()
                .map_or_else(|| other.to_string(), |token| token.redact(&other.to_string())),
        }
    }
}

/// A header may contain visible ASCII only; an old program's id can be anything.
fn header_safe(id: &str) -> String {
    if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_graphic()) && id.len() <= 255 {
        return id.to_owned();
    }
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(id.as_bytes()))
}

fn named(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

/// `Retry-After`, as seconds or as a date. A date that is over means now, and more than an hour
/// means an hour.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get("retry-after")?.to_str().ok()?.trim();
    let after = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number too long to be parsed is a long time.
        value.parse().map_or(Duration::MAX, Duration::from_secs)
    } else {
        let date = DateTimeParser::new().parse_timestamp(value).ok()?;
        Duration::try_from(date.duration_since(Timestamp::now())).unwrap_or_default()
    };
    Some(after.min(FARTHEST))
}

/// The proxy for this kind of URL, with the exceptions of `NO_PROXY`.
fn proxy(url: &str, variables: Variables<'_>) -> Result<Option<Proxy>, QueueError> {
    let names: &[&str] = if url.starts_with("https:") {
        &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    } else {
        &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
    };
    let Some((name, value)) = first_set(names, variables) else { return Ok(None) };
    // The value may hold a credential: it is not shown.
    let unusable = |_| QueueError::setting(name, "not the URL of a proxy that can be used");
    let parts = Proxy::new(&value).map_err(unusable)?;
    let mut proxy = Proxy::builder(parts.protocol()).host(parts.host()).port(parts.port());
    if let Some(user) = parts.username() {
        proxy = proxy.username(user);
    }
    if let Some(password) = parts.password() {
        proxy = proxy.password(password);
    }
    let exceptions = first_set(&["no_proxy", "NO_PROXY"], variables);
    for exception in exceptions.iter().flat_map(|(_, value)| value.split(',')) {
        proxy = proxy.no_proxy(exception.trim());
    }
    proxy.build().map(Some).map_err(unusable)
}

fn first_set<'a>(names: &[&'a str], variables: Variables<'_>) -> Option<(&'a str, String)> {
    names.iter().find_map(|&name| Some((name, variables(name)?.into_string().ok()?)))
}
