//! What a verb is given to write: on the command line, in a file, or on standard input.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use super::error::CliError;
use super::waiting::Patient;
use crate::sys::failure::Kind;

/// So much is read at a time.
const PIECE: usize = 1 << 18;
/// A line that comes in pieces is kept in memory until it is whole.
const LONGEST_LINE: usize = 64 << 20;

/// Standard input to its end. To be read before a lock is taken: whoever feeds us may be slow.
///
/// # Errors
/// It can't be read.
pub fn standard() -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(unreadable)?;
    Ok(bytes)
}

/// The text that was given; `-` or none stand for standard input.
///
/// # Errors
/// As [`standard`].
pub fn text(given: Option<OsString>) -> Result<Vec<u8>, CliError> {
    match given {
        Some(text) if text != "-" => Ok(text.into_vec()),
        _ => standard(),
    }
}

/// What is in a file; `-` stands for standard input.
///
/// # Errors
/// It can't be read.
pub fn file(path: &Path) -> Result<Vec<u8>, CliError> {
    if path == Path::new("-") {
        return standard();
    }
    std::fs::read(path).map_err(|error| CliError::io(format!("cannot read {}", path.display()), &error))
}

/// Lines as they come on standard input, in as large pieces as they come.
pub struct Lines {
    input: File,
    /// What was read and is no whole line yet.
    begun: Vec<u8>,
    ended: bool,
}

/// What comes next.
pub enum Next {
    /// Whole lines; the last one of all may have no end.
    Lines(Vec<u8>),
    /// There is no more.
    End,
    /// This signal asked us to end.
    Interrupted(i32),
}

impl Lines {
    /// Standard input from here on.
    ///
    /// # Errors
    /// No descriptors are left.
    pub fn new() -> Result<Lines, CliError> {
        let input = io::stdin().as_fd().try_clone_to_owned().map_err(unreadable)?;
        Ok(Lines { input: input.into(), begun: Vec::new(), ended: false })
    }

    /// Waits for the next lines.
    ///
    /// # Errors
    /// It can't be read, or a line is too long.
    pub fn next(&mut self, patient: &mut Patient) -> Result<Next, CliError> {
        let mut piece = vec![0; PIECE];
        while !self.ended {
            if let Some(signal) = patient.wait_for_input(&self.input) {
                return Ok(Next::Interrupted(signal));
            }
            let length = match self.input.read(&mut piece) {
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {
                    continue;
                }
                read => read.map_err(unreadable)?,
            };
            self.ended = length == 0;
            // What was there before has no line end.
            let end = piece[..length].iter().rposition(|&byte| byte == b'\n').map(|end| end + 1);
            self.begun.extend_from_slice(&piece[..length]);
            if let Some(end) = end {
                let rest = self.begun.split_off(self.begun.len() - (length - end));
                return Ok(Next::Lines(std::mem::replace(&mut self.begun, rest)));
            }
            if self.begun.len() > LONGEST_LINE {
                let limit = LONGEST_LINE >> 20;
                return Err(CliError::new(
                    Kind::Data,
                    format!("a line on standard input is longer than {limit} MiB"),
                ));
            }
        }
        let last = std::mem::take(&mut self.begun);
        Ok(if last.is_empty() { Next::End } else { Next::Lines(last) })
    }
}

fn unreadable(error: io::Error) -> CliError {
    CliError::io("cannot read standard input", &error)
}
