//! The language: from text to the engine's terms, which mean there what they mean in jq.

pub(crate) mod brief;
mod lex;
pub(crate) mod parse;
pub(crate) mod paths;
pub(crate) mod rewrite;
pub(crate) mod scope;
mod shape;
