//! The old names and the old files.

mod install;
mod scripts;
mod table;
