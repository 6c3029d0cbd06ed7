//! `--format`: a document's format, where its name does not tell it.

use clap::Args;
use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::document::Format;

/// The format of the document.
#[derive(Debug, Clone, Copy, Args)]
pub struct FormatArg {
    /// The file's format [default: what its name says, else JSON]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Format] {
        &Format::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.word()).help(self.about()))
    }
}
