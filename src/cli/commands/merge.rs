//! `aimem merge`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::compare::look;
use crate::cli::args::{LockArgs, ReplaceArgs, call};
use crate::cli::error::{CliError, Outcome};
use crate::cli::exit::Exit;
use crate::cli::format::FormatArg;
use crate::cli::waiting::Patient;
use crate::cli::{input, output};
use crate::memory::{self, Combined, Merged, Taken};
use crate::merge::{Rules, Shown};
use crate::place::FilePlace;
use crate::replace::Replace;
use crate::settings;
use crate::sys::text::{printable, shown};

/// Make one document of two versions of it
///
/// Three ways with a base, the version that both come from: the one given, or the newest common one in
/// the history. Without one nothing counts as removed. What both changed differently stays as ours has
/// it, and is listed in _conflicts with all values; then the exit code is 1.
#[derive(Debug, Args)]
#[command(override_usage = "aimem merge [OPTIONS] OURS THEIRS\n       aimem merge --sync-conflicts DIR")]
#[command(after_help = "\
Examples:
  aimem merge sessions.json /mnt/laptop/sessions.json --write
  aimem merge ours.toml theirs.toml --base base.toml -o merged.toml
  aimem merge decisions.json copy.json --write --dry-run")]
pub struct Merge {
    /// Our version, whose style the merged document has
    #[arg(required_unless_present = "sync_conflicts")]
    ours: Option<PathBuf>,
    /// The other version
    #[arg(required_unless_present = "sync_conflicts")]
    theirs: Option<PathBuf>,
    /// Merge the copies that Syncthing, Dropbox and iCloud have left in DIR and below into their files;
    /// each is kept in the history of its file, then removed
    #[arg(long, value_name = "DIR", conflicts_with_all = ["ours", "theirs", "base", "output", "write"])]
    sync_conflicts: Option<PathBuf>,
    /// The version that both come from [default: the newest common one in the history]
    #[arg(long, value_name = "FILE")]
    base: Option<PathBuf>,
    /// Write the merged document to this file, instead of standard output
    #[arg(short, long, value_name = "FILE", conflicts_with = "write")]
    output: Option<PathBuf>,
    /// Write it to OURS, under its lock
    #[arg(long)]
    write: bool,
    /// What names the elements of an array; may be given several times [default: id, key, name]
    #[arg(long, value_name = "KEY")]
    id_key: Vec<String>,
    #[command(flatten)]
    format: FormatArg,
    /// Merge only if the tag of OURS, from `read --etag`, is still this one
    #[arg(long, value_name = "TAG", requires = "write")]
    if_match: Option<String>,
    /// Print what would change in OURS as a diff, and change nothing
    #[arg(long, requires = "write")]
    dry_run: bool,
    /// Print what was done as one JSON document; errors too, on standard error
    #[arg(long, conflicts_with = "dry_run")]
    json: bool,
    #[command(flatten)]
    replace: ReplaceArgs,
    #[command(flatten)]
    lock: LockArgs,
}

impl Merge {
    pub(crate) fn run(self) -> Outcome {
        if let Some(folder) = &self.sync_conflicts {
            return self.copies(folder).map_err(|error| error.about(folder, self.json));
        }
        if self.json && !self.write {
            return Err(CliError::usage("--json goes with --write or --sync-conflicts"));
        }
        let (json, ours) = (self.json, self.ours().to_owned());
        let done = if self.write { self.into_ours() } else { self.apart() };
        done.map_err(|error| error.about(&ours, json))
    }

    fn ours(&self) -> &Path {
        self.ours.as_deref().unwrap_or(Path::new(""))
    }

    fn theirs(&self) -> &Path {
        self.theirs.as_deref().unwrap_or(Path::new(""))
    }

    fn request(&self, patient: &mut Patient) -> Result<memory::Merge, CliError> {
        let base = self.base.as_deref().map(input::file).transpose()?.map(Arc::new);
        let id_keys = self.id_key.clone();
        let rules = if id_keys.is_empty() { Rules::default() } else { Rules { id_keys } };
        Ok(memory::Merge {
            theirs: look(self.theirs(), patient)?,
            base,
            roots: Some(settings::lock_roots()?),
            rules,
            format: self.format.format,
            if_match: self.if_match.clone(),
            dry_run: self.dry_run,
        })
    }

    /// Under the lock of our file.
    fn into_ours(self) -> Outcome {
        let (mut patient, mut waiting) = (Patient::new()?, Patient::new()?);
        let request = self.request(&mut patient)?;
        let locker = self.lock.locker(call("merge", &[self.ours(), self.theirs()], None))?;
        let replace = self.replace.replace()?;
        let keeping = settings::keeping(&locker, "merge")?;
        let mut place = FilePlace::new(self.ours(), Some(&locker), replace, &mut patient).history(keeping);
        let list = memory::beside(self.ours());
        let mut list = FilePlace::new(&list, Some(&locker), Replace::new(), &mut waiting);
        let merged = memory::merge(&mut place, &mut list, &request)
            .map_err(|error| self.lock.wait.choose_exit(error))?;
        if output::change(self.ours(), &merged, self.json, self.dry_run)? {
            say(self.ours(), &merged);
        }
        if !self.json {
            tell(self.ours(), &merged.conflicts);
        }
        Ok(left(&merged.conflicts))
    }

    /// The copies that other programs have left.
    fn copies(&self, folder: &Path) -> Outcome {
        let mut patient = Patient::new()?;
        let mut taken = Vec::new();
        for copy in memory::copies_in(folder)? {
            let locker = self.lock.locker(call("merge", &[&copy.original], None))?;
            let keeping = settings::keeping(&locker, "merge")?;
            taken.push(memory::take(&copy, &locker, &keeping, &mut patient)?);
        }
        let is_done = |one: &Taken| one.removed && one.conflicts.is_empty();
        let exit = if taken.iter().all(is_done) { Exit::Done } else { Exit::CheckFailed };
        if self.json {
            return output::answer_json(&taken, taken.iter().any(|one| one.merged)).map(|()| exit);
        }
        for one in &taken {
            let done = match (one.merged, one.removed) {
                (true, true) => "merged, and kept in its history",
                (true, false) => "merged, and left in place",
                (false, _) => "left as it is",
            };
            let why = one.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            output::result(printable(&format!("{}: {done}{why}", one.copy)).as_bytes())?;
            output::result(b"\n")?;
            tell(Path::new(&one.original), &one.conflicts);
        }
        Ok(exit)
    }

    /// To another file, or to standard output.
    fn apart(self) -> Outcome {
        let mut patient = Patient::new()?;
        let request = self.request(&mut patient)?;
        let ours = look(self.ours(), &mut patient)?;
        let Combined { bytes, conflicts, beside, .. } = memory::combine(&ours, None, &request, &mut patient)?;
        match &self.output {
            None => output::result(&bytes)?,
            Some(path) => {
                let files = [(memory::beside(path), beside), (path.clone(), Some(bytes.to_vec()))];
                for (path, content) in files {
                    if let Some(content) = content {
                        self.store(&path, content, &mut patient)?;
                    }
                }
            }
        }
        tell(self.output.as_deref().unwrap_or(self.ours()), &conflicts);
        Ok(left(&conflicts))
    }

    fn store(&self, path: &Path, content: Vec<u8>, patient: &mut Patient) -> Result<(), CliError> {
        let locker = self.lock.locker(call("merge", &[path], None))?;
        let place = FilePlace::new(path, Some(&locker), self.replace.replace()?, patient);
        let mut place = place.make_folders(true).history(settings::keeping(&locker, "merge")?);
        let stored = memory::store(&mut place, content).map_err(|error| self.lock.wait.choose_exit(error))?;
        stored.warnings.iter().for_each(output::warning);
        Ok(())
    }
}

fn left(conflicts: &[Shown]) -> Exit {
    if conflicts.is_empty() { Exit::Done } else { Exit::CheckFailed }
}

fn say(ours: &Path, merged: &Merged) {
    let base = match merged.base.as_deref() {
        Some("given") => "with the base given".to_owned(),
        Some(id) => format!("with the base {id} of the history"),
        None => "without a base".to_owned(),
    };
    let what = match merged.changed {
        true => format!("merged {}, {base}", shown(ours)),
        false => format!("{} has all of it already: nothing was changed", shown(ours)),
    };
    output::note("note", &what);
}

/// Names the conflicts that are left.
pub(super) fn tell(file: &Path, conflicts: &[Shown]) {
    /// So many are named; `conflicts list` has all.
    const NAMED: usize = 10;
    let file = shown(file);
    for one in conflicts.iter().take(NAMED) {
        output::warning(format!("{file}: conflict at {}", one.path));
    }
    if conflicts.len() > NAMED {
        output::warning(format!(
            "{file}: {} conflicts in all; aimem conflicts list shows them",
            conflicts.len()
        ));
    }
}
