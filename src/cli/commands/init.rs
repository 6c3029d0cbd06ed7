//! `aimem init`

use std::path::PathBuf;

use clap::Args;
use jiff::Zoned;
use serde::Serialize;

use crate::cli::args::{WaitArgs, call, locker};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::waiting::Patient;
use crate::memory::{self, MemoryError, Write, first_files, is_project_name};
use crate::place::FilePlace;
use crate::replace::Replace;
use crate::settings;
use crate::sys::text::shown;

/// Make a project's memory: context, sessions and decisions, with their schemas
///
/// The files are made in projects/PROJECT, in the folder memory of the shared configuration. A file that
/// is there already is left as it is.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  aimem init web-shop
  aimem init web-shop --folder ~/notes/memory --json")]
pub struct Init {
    /// The project's name
    project: String,
    /// The folder of all memories [default: memory in $AICONFIG_PATH, or in ~/aiconfig]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Print what was made as one JSON document; errors too, on standard error
    #[arg(long)]
    json: bool,
    /// Call yourself NAME in what others see of the locks [default: $AIMEM_CLIENT]
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    #[command(flatten)]
    wait: WaitArgs,
}

#[derive(Serialize)]
struct Report {
    project: String,
    folder: String,
    made: Vec<String>,
    kept: Vec<String>,
}

impl Init {
    pub(crate) fn run(self) -> Outcome {
        let json = self.json;
        self.make().map_err(|error| error.as_json(json))
    }

    fn make(self) -> Outcome {
        if !is_project_name(&self.project) {
            let message = format!("{:?} is no name for a project", self.project);
            return Err(
                CliError::usage(message).hint("it is the name of a folder: no slash, and no dot in front")
            );
        }
        let folder = match self.folder {
            Some(folder) => folder,
            None => settings::memory_folder()?
                .ok_or_else(|| {
                    CliError::usage("no folder for memories: HOME is not set").hint("--folder DIR")
                })?
                .join("memory"),
        };
        let today = Zoned::now().strftime("%Y-%m-%d").to_string();
        let (mut made, mut kept) = (Vec::new(), Vec::new());
        let mut patient = Patient::new()?;
        for (path, text) in first_files(&folder, &self.project, &today) {
            let locker = locker(&self.wait, self.client.clone(), None, call("init", &[&path], None))?;
            let place = FilePlace::new(&path, Some(&locker), Replace::new(), &mut patient);
            let mut place = place.make_folders(true).history(settings::keeping(&locker, "init")?);
            let none = Some("none".to_owned());
            let request = Write { content: text.into_bytes(), if_match: none, ..Write::default() };
            match memory::write(&mut place, request) {
                Ok(_) => made.push(shown(&path)),
                Err(MemoryError::Exists { .. }) => kept.push(shown(&path)),
                Err(error) => return Err(self.wait.choose_exit(error).about(&path, self.json)),
            }
        }
        if self.json {
            let report = Report { project: self.project, folder: shown(&folder), made, kept };
            return output::json(&report).map(|()| Exit::Done);
        }
        let lines = made.iter().map(|path| format!("made {path}\n"));
        let lines = lines.chain(kept.iter().map(|path| format!("kept {path}\n")));
        output::result(lines.collect::<String>().as_bytes())?;
        Ok(Exit::Done)
    }
}
