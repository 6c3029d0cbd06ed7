//! Whether two processes are inside at once, told by a kernel lock that nobody waits for.

use std::fs;
use std::path::PathBuf;

use super::TestEnv;

/// A command to be run under a lock: it notes its entry, and any other that is inside too.
///
/// A killed process keeps its kernel locks until the kernel closes its files, in no promised
/// order, so a refusal by a process that has no program any more is no overlap: wait for its end.
/// With `STRICT=1` every refusal counts: for races without deaths, whose PIDs may mean nothing
/// here.
const INSIDE: &str = r#"
exec 9>>"$1.inside"
until flock -n 9; do
    read -r other 2>/dev/null <"$1.pid"
    if [ -n "$STRICT" ] || { [ -n "$other" ] && [ -e "/proc/$other/exe" ]; }; then
        echo "$2 $$ beside $other" >>"$1.overlaps"
        break
    fi
done
echo $$ >"$1.pid"
echo "$2 $$" >>"$1.entries"
base=$1
if [ "$3" != 0 ]; then sleep "$3" 9>&-; fi
shift 3
if [ $# -gt 0 ]; then "$@" 9>&-; fi
: >"$base.pid"
exit 0
"#;

/// The witness of one race.
pub struct Inside {
    base: PathBuf,
    script: PathBuf,
}

impl Inside {
    pub fn new(env: &TestEnv, name: &str) -> Inside {
        let script = env.root().join("inside.sh");
        fs::write(&script, INSIDE).unwrap();
        let base = env.root().join(name);
        for kind in ["overlaps", "entries", "pid"] {
            fs::write(base.with_extension(kind), "").unwrap();
        }
        Inside { base, script }
    }

    /// The words of the command: who it is, and for how long it stays, in seconds. Words that
    /// follow are a command to be run while it is inside.
    pub fn command(&self, who: &str, stay: &str) -> Vec<String> {
        let path = |path: &PathBuf| path.to_str().unwrap().to_owned();
        vec!["sh".into(), path(&self.script), path(&self.base), who.into(), stay.into()]
    }

    /// The same for a shell script.
    pub fn words(&self, who: &str, stay: &str) -> String {
        self.command(who, stay).join(" ")
    }

    fn lines(&self, kind: &str) -> Vec<String> {
        fs::read_to_string(self.base.with_extension(kind)).unwrap().lines().map(str::to_owned).collect()
    }

    pub fn entries(&self) -> Vec<String> {
        self.lines("entries")
    }

    pub fn overlaps(&self) -> Vec<String> {
        self.lines("overlaps")
    }

    #[track_caller]
    pub fn assert_exclusive(&self, at_least: usize) {
        assert_eq!(self.overlaps(), [""; 0], "two were inside at once");
        let entries = self.entries().len();
        assert!(entries >= at_least, "only {entries} entries");
    }
}
