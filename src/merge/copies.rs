//! The names of the copies that programs make which keep folders in step, when one file was changed in
//! two places.

/// Who has made a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Maker {
    /// `NAME.sync-conflict-20260102-101500-ABCDEFG.json`
    Syncthing,
    /// `NAME (Anna's conflicted copy 2026-01-02).json`; Nextcloud names them so too.
    Dropbox,
    /// `NAME 2.json`. A file of one's own may have such a name as well.
    #[serde(rename = "iCloud")]
    ICloud,
}

impl Maker {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Maker::Syncthing => "Syncthing",
            Maker::Dropbox => "Dropbox",
            Maker::ICloud => "iCloud",
        }
    }
}

const SYNCTHING: &str = ".sync-conflict-";
const DROPBOX: &str = "conflicted copy";
/// iCloud counts from here.
const SECOND: u32 = 2;
const LAST: u32 = 99;

/// The name of the file that one of this name would be a copy of, and whose copy.
pub fn original_of(name: &str) -> Option<(String, Maker)> {
    if let Some((stem, rest)) = name.split_once(SYNCTHING) {
        let (stamp, ending) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
        let mut parts = stamp.splitn(3, '-');
        let digits = |part: Option<&str>, count: usize| {
            part.is_some_and(|part| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let (date, time, device) = (parts.next(), parts.next(), parts.next());
        let is_device = device.is_none_or(|device| {
            !device.is_empty() && device.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        let is_copy = digits(date, 8) && digits(time, 6) && is_device && !stem.is_empty();
        return is_copy.then(|| (format!("{stem}{ending}"), Maker::Syncthing));
    }
    let (stem, ending) = match name.rfind('.').filter(|at| *at > 0) {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    if let Some(at) = stem.find(DROPBOX) {
        let open = stem[..at].rfind(" (").filter(|open| *open > 0 && stem.ends_with(')'))?;
        return Some((format!("{}{ending}", &stem[..open]), Maker::Dropbox));
    }
    let (own, number) = stem.rsplit_once(' ')?;
    let counts = number.parse::<u32>().is_ok_and(|count| (SECOND..=LAST).contains(&count));
    (counts && !number.starts_with('0') && !own.is_empty()).then(|| (format!("{own}{ending}"), Maker::ICloud))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_known_by_their_names() {
        for (name, original, maker) in [
            ("sessions.sync-conflict-20260102-101500-ABCDEF7.json", "sessions.json", Maker::Syncthing),
            ("notes.v2.sync-conflict-20260102-101500-ABCDEF7.jsonl", "notes.v2.jsonl", Maker::Syncthing),
            ("README.sync-conflict-20260102-101500-ABCDEF7", "README", Maker::Syncthing),
            ("s.sync-conflict-20160102-101500.json", "s.json", Maker::Syncthing),
            ("s (Anna's conflicted copy 2026-01-02).json", "s.json", Maker::Dropbox),
            ("s (conflicted copy 2026-01-02 101500).json", "s.json", Maker::Dropbox),
            ("s (vm-1's conflicted copy 2026-01-02 (1)).json", "s.json", Maker::Dropbox),
            ("my notes (x) (A (B)'s conflicted copy).toml", "my notes (x) (A.toml", Maker::Dropbox),
            ("sessions 2.json", "sessions.json", Maker::ICloud),
            ("my sessions 12.json", "my sessions.json", Maker::ICloud),
        ] {
            assert_eq!(original_of(name), Some((original.to_owned(), maker)), "{name}");
        }
        for name in [
            "sessions.json",
            "sessions 1.json",
            "sessions 02.json",
            "2.json",
            "sessions2.json",
            "conflicted copy.json",
            "a.sync-conflict-2026-1-A.json",
            ".sync-conflict-20260102-101500-ABCDEF7.json",
            "s.sync-conflict-20260102-101500-.json",
        ] {
            assert_eq!(original_of(name), None, "{name}");
        }
    }
}
