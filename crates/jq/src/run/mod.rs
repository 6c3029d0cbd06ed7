//! What runs: the values as the engine sees them, paths, deletion, and the limits of a run.

pub(crate) mod arithmetic;
pub(crate) mod context;
pub(crate) mod deletion;
mod engine;
pub(crate) mod marks;
pub(crate) mod path;
pub(crate) mod search;
pub(crate) mod stack;
pub(crate) mod start;
pub(crate) mod trail;
pub(crate) mod within;
