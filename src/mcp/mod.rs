//! The same transactions as tools for agents, by the Model Context Protocol over standard input and
//! output.
//!
//! - `wire`: lines in, lines out. `server`: what the protocol asks of a server, and the end of it.
//! - `tools`: one tool a unit, with its arguments, its result and its text. `answer`: results and
//!   refusals. `call`: one call, which can wait, be cancelled, and tell how far it is.
//! - `context`: what all calls share. `leases`: the locks that the connection holds.
//! - `resources`: files as resources. `watch`: whoever wants to know of their changes.
//!
//! One thread runs the protocol and never waits for anything else; each call has a thread of its own
//! from a pool. A document's value never leaves the thread that read it: bytes do.
//!
//! **The end.** At the end of the input, at a signal that asks us to end, or when nobody reads our
//! output: waits for locks are given up, writes that have begun are finished, what they come to is
//! still answered, and the connection's leases are released; all that within two seconds. Whatever is
//! not done by then is as if this process had been killed: a file is the old one or the new one, and
//! a lease ends by its time.

mod answer;
mod call;
mod context;
mod hints;
mod leases;
mod resources;
mod server;
mod tools;
mod watch;
mod wire;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::settings::SettingError;
use crate::sys;
use crate::sys::signal::{ENDING, Signals};
use context::Context;
use server::Handler;
use wire::ending::Ending;
use wire::output::Output;
use wire::transport::Lines;

/// All is over so soon after the end has begun …
const LAST_MOMENTS: Duration = Duration::from_millis(1900);
/// … of which calls get so much.
const FOR_CALLS: Duration = Duration::from_millis(1300);
/// A signal thread looks this often whether it is still needed.
const SIGNAL_PATIENCE: Duration = Duration::from_secs(3600);

/// What to serve.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The folders whose files are served; none means the memory folder.
    pub roots: Vec<PathBuf>,
    /// Nothing may be changed.
    pub read_only: bool,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The environment.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// A root.
    #[error(transparent)]
    Place(#[from] crate::place::PlaceError),
    /// Threads, descriptors or memory.
    #[error("cannot start the server")]
    Start(#[source] std::io::Error),
}

/// Serves one client on standard input and output, until it goes away or we are asked to end.
/// Whatever else is written to standard output meanwhile goes to standard error.
///
/// # Errors
/// The server can't be started. Once it runs, every error is an answer.
pub fn serve(options: Options) -> Result<(), ServeError> {
    let context = Arc::new(Context::new(options)?);
    let ending = Ending::default();
    let signals = Signals::install(&ENDING).map_err(ServeError::Start)?;
    let output = sys::process::take_standard_output(std::io::stdout(), std::io::stderr());
    let output = output.map_err(ServeError::Start)?;
    end_at_signals(signals, ending.clone()).map_err(ServeError::Start)?;
    serve_on(context, std::io::stdin(), output, &ending).map_err(ServeError::Start)
}

/// The same on any two streams.
fn serve_on(
    context: Arc<Context>,
    from: impl std::io::Read + Send + 'static,
    to: impl std::io::Write + Send + 'static,
    ending: &Ending,
) -> std::io::Result<()> {
    let output = Output::start(to, ending.clone())?;
    let lines = Lines::start(from, output.clone(), ending.clone())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .max_blocking_threads(server::MOST_THREADS)
        .build()?;
    let handler = Handler::new(context.clone(), ending.clone());
    runtime.block_on(async {
        let served = async {
            // No service: the client has gone before it said anything of substance.
            if let Ok(service) = rmcp::serve_server(handler, lines).await {
                let _ = service.waiting().await;
            }
        };
        let too_long = async {
            ending.wait().await;
            tokio::time::sleep(FOR_CALLS).await;
        };
        tokio::select! {
            () = served => {}
            () = too_long => {}
        }
    });
    let deadline = Instant::now() + (LAST_MOMENTS - FOR_CALLS);
    ending.begin();
    context.leases.release_all();
    output.finish(deadline);
    // A call that has not come to an end is left to the end of the process.
    runtime.shutdown_background();
    Ok(())
}

fn end_at_signals(mut signals: Signals, ending: Ending) -> std::io::Result<()> {
    let wait = move || {
        while !signals.wait(Some(SIGNAL_PATIENCE)).iter().any(|signal| ENDING.contains(&signal.number)) {}
        ending.begin();
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_tool_that_panics_is_answered_and_the_server_lives() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { roots: vec![folder.path().to_owned()], read_only: false };
        let context = Arc::new(Context::new(options).unwrap());
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (from, to) = (theirs.try_clone().unwrap(), theirs);
        let server = std::thread::spawn(move || serve_on(context, from, to, &Ending::default()));
        let mut lines = BufReader::new(ours.try_clone().unwrap()).lines();
        let mut ask = |line: &str| {
            writeln!(&ours, "{line}").unwrap();
            serde_json::from_str::<serde_json::Value>(&lines.next().unwrap().unwrap()).unwrap()
        };
        ask(
            r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#,
        );
        let failed = ask(r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"panics"}}"#);
        let text = failed["result"]["content"][0]["text"].as_str().unwrap();
        assert_eq!(text, "panics failed by an error of its own; standard error has more");
        assert_eq!(failed["result"]["isError"], true);
        let listed = ask(r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"memory_list"}}"#);
        assert_eq!(listed["result"]["structuredContent"]["count"], 0);
        ours.shutdown(std::net::Shutdown::Write).unwrap();
        server.join().unwrap().unwrap();
    }
}
