//! `--schema`: which schema a document must obey.

use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use crate::memory::Schema;
use crate::settings;

/// The schema of the document.
#[derive(Debug, Clone, Args)]
pub struct SchemaArg {
    /// Refuse what breaks this JSON Schema; auto: the one that the document names under $schema, if
    /// that is a file here [default: $AIMEM_SCHEMA]
    #[arg(long, value_name = "PATH")]
    pub schema: Option<PathBuf>,
}

impl SchemaArg {
    /// The flag, else what the environment says.
    ///
    /// # Errors
    /// An unusable variable.
    pub fn choice(&self) -> Result<Option<Schema>, CliError> {
        match &self.schema {
            Some(path) => Ok(Some(path.clone().into())),
            None => Ok(settings::schema().map(Schema::from)),
        }
    }
}
