//! Two versions of a document made one.

mod driver;
mod hostile;
mod properties;
mod rules;
mod stories;
mod vectors;
mod verbs;
