//! The end of the server, seen from everywhere: it happens once, and is never taken back.

use std::sync::Arc;

use tokio::sync::watch;

/// Whether the server is ending. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ending(Arc<watch::Sender<bool>>);

impl Default for Ending {
    fn default() -> Ending {
        Ending(Arc::new(watch::Sender::new(false)))
    }
}

impl Ending {
    /// Lets it end.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Waits until it ends.
    pub async fn wait(&self) {
        let mut seen = self.0.subscribe();
        // The sender is ours: it can't be gone.
        let _ = seen.wait_for(|ending| *ending).await;
    }
}
