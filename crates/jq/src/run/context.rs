//! What a thread knows beside its arguments: the one hidden state of this crate.
//!
//! Comparing, printing and dropping values happen in traits that take no more arguments, and the
//! engine hands no context to what an update calls. So this is found through the thread. Nothing
//! here outlives the run it belongs to: [`Run`] puts back what was there when the run started.

use crate::json::value::{Children, Value};
use crate::run::trail::{Identity, Trail};
use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(crate) struct Context {
    /// The lowest address that recursion may reach; 0 while unknown. Set once for a thread.
    pub(crate) floor: Cell<usize>,
    /// Whether the thread is one of [`within`](crate::within), with a stack for deep nesting.
    pub(crate) is_large: Cell<bool>,
    /// Set once nobody waits any more for the work of this thread.
    pub(crate) given_up: OnceCell<Arc<AtomicBool>>,
    /// Whether recursion was refused since somebody asked: a comparison can't report it.
    pub(crate) refused: Cell<bool>,
    /// The document, followed through its updates.
    pub(crate) document: Cell<Identity>,
    /// Where in the document the last error came from.
    pub(crate) trail: RefCell<Option<Trail>>,
    /// The object that makes a key of a path a mark.
    pub(crate) mark: RefCell<Option<Value>>,
    /// How deep drops are nested.
    pub(crate) drop_depth: Cell<u32>,
    /// What is left for the outermost drop, so that the stack stays small.
    pub(crate) drop_later: RefCell<Vec<Children>>,
}

thread_local! {
    static CONTEXT: Context = const {
        Context {
            floor: Cell::new(0),
            is_large: Cell::new(false),
            given_up: OnceCell::new(),
            refused: Cell::new(false),
            document: Cell::new(Identity::NONE),
            trail: RefCell::new(None),
            mark: RefCell::new(None),
            drop_depth: Cell::new(0),
            drop_later: RefCell::new(Vec::new()),
        }
    };
}

/// Gives the context of this thread to `work`.
#[inline]
pub(crate) fn with<T>(work: impl FnOnce(&Context) -> T) -> T {
    CONTEXT.with(work)
}

/// The same; `None` while the thread ends and its context is gone, when values may still be dropped.
#[inline]
pub(crate) fn try_with<T>(work: impl FnOnce(&Context) -> T) -> Option<T> {
    CONTEXT.try_with(work).ok()
}

/// One run of a filter, or one compilation. When it is dropped the context is as it was before, so
/// that runs can nest: a result may be handed to somebody who runs another filter.
#[must_use]
pub(crate) struct Run {
    refused: bool,
    document: Identity,
    trail: Option<Trail>,
    mark: Option<Value>,
}

impl Run {
    /// Starts a run on this document.
    pub(crate) fn start(document: Identity) -> Self {
        with(|context| Self {
            refused: context.refused.replace(false),
            document: context.document.replace(document),
            trail: context.trail.take(),
            mark: context.mark.replace(Some(Value::empty_object())),
        })
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // What they held is dropped outside: that asks for the context too.
        let _held = with(|context| {
            context.refused.set(self.refused);
            context.document.set(self.document);
            (context.trail.replace(self.trail.take()), context.mark.replace(self.mark.take()))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{Identity, with};
    use crate::{Bindings, Filter, Value};
    use std::ops::ControlFlow;

    fn is_clean() -> bool {
        with(|context| {
            !context.refused.get()
                && context.document.get() == Identity::NONE
                && context.trail.borrow().is_none()
                && context.mark.borrow().is_none()
                && context.drop_later.borrow().is_empty()
        })
    }

    #[test]
    fn a_run_leaves_nothing_and_runs_can_nest() {
        let filter = |text: &str| Filter::compile(text, &Bindings::default()).unwrap();
        let input = || Value::parse(b"{\"a\": {\"b\": \"x\"}}").unwrap();
        let (fails, other) = (filter(".a.b, (.a.b += 1)"), filter(".a.c.d |= error(\"inner\")"));
        let error = fails.run_each(input(), |_| {
            assert!(other.run_one(input()).unwrap_err().to_string().ends_with(", at .a.c.d"));
            assert!(!is_clean());
            ControlFlow::Continue(())
        });
        assert!(error.unwrap_err().to_string().ends_with(", at .a.b"));
        assert!(is_clean());
        filter("def f: [f]; f").run_one(input()).unwrap_err();
        assert!(is_clean());
        assert!(Filter::compile(&"[".repeat(500), &Bindings::default()).is_err());
        assert!(is_clean());
    }
}
