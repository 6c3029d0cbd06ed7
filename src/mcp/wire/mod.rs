//! Lines in, lines out: what stands between the two streams and the protocol's machine.
//!
//! The machine passes over a line that is too long, that is not UTF-8 or that is nested too deeply,
//! and whoever sent it would wait for its answer for ever. So lines are read here: whatever can't be
//! a message is answered in words, with its id when that can be read.
//!
//! - [`lines`]: bounded lines. [`find_id`]: the id of a line that can't be parsed.
//! - [`message`]: what a line is. [`output`]: what is written, and by whom.
//! - [`transport`]: all of it, as the machine wants it.

pub mod ending;
pub mod find_id;
pub mod lines;
pub mod message;
pub mod output;
pub mod transport;
