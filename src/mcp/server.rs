//! What the protocol asks of a server.

use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest, CustomResult,
    ErrorCode, ErrorData, Implementation, JsonObject, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ProgressNotificationParam, ProgressToken, ReadResourceRequestParams,
    ReadResourceResponse, ServerCapabilities, ServerConfig, SubscribeRequestParams, SubscriptionFilter,
    UnsubscribeRequestParams,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{RoleServer, ServerHandler};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::unbounded_channel;

use super::answer::{self, Refusal};
use super::call::{Call, Progress, Stop};
use super::context::Context;
use super::resources;
use super::tools::{self, Row};
use super::watch::{Ear, Watch};
use super::wire::ending::Ending;
use crate::sys::text::{printable, shorten};

/// So many calls have a thread at once …
pub const MOST_THREADS: usize = 256;
/// … and so many of them may wait for locks, or for the memory server. The others release some.
const MOST_WAITING: usize = 192;

/// A client's name is cut after so many bytes.
const LONGEST_NAME: usize = 100;

/// For the model, as what all tools have in common.
const INSTRUCTIONS: &str = "Files that several agents share, and memories of projects. \
    Change a JSON file with memory_update: it is one transaction under the file's lock, and loses nobody's change. \
    Read before you memory_write, and pass the etag as if_match. \
    For several steps on one file: lock_acquire, work, lock_release.";

/// The server of one connection.
pub struct Handler {
    context: Arc<Context>,
    ending: Ending,
    waiting: Arc<Semaphore>,
    watch: Watch,
}

impl Handler {
    /// A server for what the context has, until the end.
    pub fn new(context: Arc<Context>, ending: Ending) -> Handler {
        let waiting = Arc::new(Semaphore::new(MOST_WAITING));
        Handler { context, ending, waiting, watch: Watch::default() }
    }

    /// Runs one tool on a thread of its own, and passes on what is wished of it and what it tells.
    async fn run(
        &self,
        row: &'static Row,
        args: JsonObject,
        request: RequestContext<RoleServer>,
    ) -> CallToolResult {
        let _turn = match row.waits {
            // What came before the end still gets its turn, if it need not wait for it.
            true => tokio::select! {
                biased;
                turn = self.waiting.acquire() => turn.ok(),
                () = request.ct.cancelled() => return ended(),
                () = self.ending.wait() => return ended(),
            },
            false => None,
        };
        let outcome = self.on_a_thread(&request, move |context, call| (row.run)(context, args, call)).await;
        match outcome {
            Ok(outcome) => answer::result(outcome),
            Err(()) => {
                let text = format!("{} failed by an error of its own; standard error has more", row.name);
                CallToolResult::error(vec![ContentBlock::text(text)])
            }
        }
    }

    /// Runs `work` on a thread; `Err` when it panicked, which has been told on standard error.
    async fn on_a_thread<T: Send + 'static>(
        &self,
        request: &RequestContext<RoleServer>,
        work: impl FnOnce(&Context, &mut Call) -> T + Send + 'static,
    ) -> Result<T, ()> {
        let stop = Arc::new(Stop::default());
        let token = request.meta.get_progress_token();
        let (sender, mut progress) = unbounded_channel();
        // It goes into the file of a lock, which must stay short.
        let client = request.client_info().map(|client| shorten(&client.name, LONGEST_NAME).into_owned());
        let mut call = Call::new(stop.clone(), token.is_some().then_some(sender), client, self.context.debug);
        let context = self.context.clone();
        let mut work = tokio::task::spawn_blocking(move || work(&context, &mut call));
        let (mut cancelled, mut ending) = (false, false);
        loop {
            tokio::select! {
                biased;
                Some(step) = progress.recv() => tell(request, token.as_ref(), step).await,
                done = &mut work => return done.map_err(drop),
                () = request.ct.cancelled(), if !cancelled => {
                    cancelled = true;
                    stop.cancel();
                }
                () = self.ending.wait(), if !ending => {
                    ending = true;
                    stop.end();
                }
            }
        }
    }

    /// The true path of a resource.
    async fn locate(
        &self,
        uri: &str,
        request: &RequestContext<RoleServer>,
    ) -> Result<std::path::PathBuf, ErrorData> {
        let named = uri.to_owned();
        let located = self.on_a_thread(request, move |context, _| {
            let path = resources::path(&named).ok_or_else(|| resources::not_served(&named))?;
            Ok(context.bounds()?.locate(&path)?.path)
        });
        located.await.map_err(|()| failed())?.map_err(no_resource)
    }
}

async fn tell(request: &RequestContext<RoleServer>, token: Option<&ProgressToken>, step: Progress) {
    let Some(token) = token else { return };
    let mut told = ProgressNotificationParam::new(token.clone(), step.waited.as_secs_f64());
    told.total = Some(step.limit.max(step.waited).as_secs_f64());
    told.message = Some(step.message);
    let _ = request.peer.notify_progress(told).await;
}

fn ended() -> CallToolResult {
    answer::result(Err(Refusal::new("the call was ended before it began")))
}

fn failed() -> ErrorData {
    ErrorData::internal_error("an error of the server's own; its standard error has more", None)
}

fn no_resource(refusal: Refusal) -> ErrorData {
    ErrorData::resource_not_found(refusal.text(), None)
}

#[allow(deprecated, reason = "the older era of the protocol has its own way to subscribe")]
impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_resources_subscribe()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("aimem", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = tools::served(self.context.read_only).map(Row::tool).collect();
        Ok(ListToolsResult { tools, ..ListToolsResult::default() })
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        request: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let row = tools::named(&call.name, self.context.read_only).ok_or_else(|| {
            let why = match tools::named(&call.name, false) {
                Some(_) => "changes files, and this server only reads",
                None => "is no tool of this server",
            };
            ErrorData::invalid_params(format!("{} {why}", printable(&call.name)), None)
        })?;
        Ok(self.run(row, call.arguments.unwrap_or_default(), request).await.into())
    }

    async fn list_resources(
        &self,
        page: Option<PaginatedRequestParams>,
        request: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let cursor = page.and_then(|page| page.cursor);
        let listed =
            self.on_a_thread(&request, move |context, _| resources::list(context, cursor.as_deref()));
        // Where no folder is served yet, there are no files.
        Ok(listed.await.map_err(|()| failed())?.unwrap_or_default())
    }

    async fn read_resource(
        &self,
        read: ReadResourceRequestParams,
        request: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = read.uri.clone();
        let found = self.on_a_thread(&request, move |context, call| resources::read(context, &uri, call));
        let found = found.await.map_err(|()| failed())?.map_err(no_resource)?;
        found
            .map(Into::into)
            .ok_or_else(|| ErrorData::resource_not_found(format!("{} does not exist", read.uri), None))
    }

    async fn subscribe(
        &self,
        wish: SubscribeRequestParams,
        request: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let path = self.locate(&wish.uri, &request).await?;
        self.watch.add(&path, &wish.uri, Ear::Client(request.peer.clone())).map_err(no_resource)
    }

    async fn unsubscribe(
        &self,
        wish: UnsubscribeRequestParams,
        request: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let path = self.locate(&wish.uri, &request).await?;
        self.watch.remove(&path, &wish.uri, None);
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let uris = requested.resource_subscriptions.iter().flatten();
        let files = uris.filter(|uri| resources::path(uri).is_some()).cloned();
        Some(SubscriptionFilter::builder().resource_subscriptions(files).build())
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        let mut watched = Vec::new();
        let request = subscription.request_context();
        for uri in subscription.accepted().resource_subscriptions.iter().flatten() {
            // One that is not served never changes.
            if let Ok(path) = self.locate(uri, request).await
                && self.watch.add(&path, uri, Ear::Subscription(subscription.sink().clone())).is_ok()
            {
                watched.push((path, uri.clone()));
            }
        }
        tokio::select! {
            () = subscription.cancelled() => {}
            () = self.ending.wait() => {}
        }
        for (path, uri) in watched {
            self.watch.remove(&path, &uri, Some(subscription.sink().id()));
        }
        Ok(())
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = printable(&request.method).into_owned();
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("{method} is not understood here"), None))
    }

    async fn on_initialized(&self, _: NotificationContext<RoleServer>) {
        #[cfg(feature = "outbox")]
        self.context.outbox.look_over();
    }
}
