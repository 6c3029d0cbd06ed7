//! Documents with comments: JSONC and TOML.

mod corpus;
mod verbs;
