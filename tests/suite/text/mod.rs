//! The verbs for text of any kind: edit, insert, append, and a command that takes it.

mod append;
mod edit;
mod insert;
mod lines;
mod pipe;
mod races;
