//! The two streams as the protocol's machine wants them.

use std::convert::Infallible;
use std::io::{BufReader, Read};
use std::sync::Arc;

use rmcp::RoleServer;
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, GetExtensions as _, JsonRpcMessage, ServerJsonRpcMessage,
};
use rmcp::transport::Transport;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::ending::Ending;
use super::lines;
use super::message::{self, Incoming, LONGEST_LINE};
use super::output::Output;

/// So many messages are read ahead.
const AHEAD: usize = 4;
/// Read at a time.
const BUFFER: usize = 64 << 10;
/// The requests that are being worked on may have so many bytes together, counted in pieces …
const MOST_PIECES: usize = 64 << 10;
/// … of this size. Each has one at least.
const PIECE: usize = 1 << 10;

/// The lines of a client, and the way back to it.
#[derive(Debug)]
pub struct Lines {
    incoming: mpsc::Receiver<Incoming>,
    /// What was received and waits for its turn.
    next: Option<Incoming>,
    output: Output,
    ending: Ending,
    pieces: Arc<Semaphore>,
    /// The machine takes nothing but requests until it knows which era of the protocol is spoken.
    begun: bool,
}

impl Lines {
    /// Starts the thread that reads. The end of the input is the end of the server, after what came
    /// before has been taken in.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(from: impl Read + Send + 'static, output: Output, ending: Ending) -> std::io::Result<Lines> {
        let (sender, incoming) = mpsc::channel(AHEAD);
        std::thread::Builder::new().name("input".to_owned()).spawn(move || {
            let mut input = BufReader::with_capacity(BUFFER, from);
            while let Ok(Some(line)) = lines::next(&mut input, LONGEST_LINE) {
                if message::read(line).is_some_and(|incoming| sender.blocking_send(incoming).is_err()) {
                    break;
                }
            }
        })?;
        Ok(Lines {
            incoming,
            next: None,
            output,
            ending,
            pieces: Arc::new(Semaphore::new(MOST_PIECES)),
            begun: false,
        })
    }

    /// The next message, when there is room for it. It may be dropped at any moment.
    async fn take(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            if self.next.is_none() {
                self.next = Some(self.incoming.recv().await?);
            }
            self.output.room().await;
            let length = match &self.next {
                Some(Incoming::Message(_, length)) => *length,
                _ => 0,
            };
            let pieces = u32::try_from(length.div_ceil(PIECE).clamp(1, MOST_PIECES)).unwrap_or(1);
            let permit = self.pieces.clone().acquire_many_owned(pieces).await.ok()?;
            match self.next.take() {
                Some(Incoming::Message(message, _)) => {
                    if let Some(message) = self.admit(*message, permit) {
                        return Some(message);
                    }
                }
                Some(Incoming::Refused(answer)) => write(&self.output, &answer),
                None => {}
            }
        }
    }

    fn admit(
        &mut self,
        mut message: ClientJsonRpcMessage,
        permit: OwnedSemaphorePermit,
    ) -> Option<ClientJsonRpcMessage> {
        match &mut message {
            JsonRpcMessage::Request(request) => {
                let bootstrap = matches!(
                    request.request,
                    ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_)
                );
                self.begun |= !bootstrap;
                // Given back when the request has been dealt with, however that ends.
                request.request.extensions_mut().insert(Arc::new(permit));
            }
            _ if !self.begun => return None,
            _ => {}
        }
        Some(message)
    }
}

impl Transport<RoleServer> for Lines {
    type Error = Infallible;

    /// The line is handed over before this returns, so that lines keep their order.
    fn send(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        write(&self.output, &message);
        std::future::ready(Ok(()))
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        let ending = self.ending.clone();
        let taken = tokio::select! {
            biased;
            () = ending.wait() => None,
            taken = self.take() => taken,
        };
        if taken.is_none() {
            self.ending.begin();
        }
        taken
    }

    async fn close(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

fn write(output: &Output, message: &ServerJsonRpcMessage) {
    // Texts, numbers and maps with text keys: this can always be written as JSON.
    if let Ok(mut line) = serde_json::to_vec(message) {
        line.push(b'\n');
        output.push(line);
    }
}
