//! Users and groups by number, from `/etc/passwd` and `/etc/group`.
//!
//! The files are read directly: a lock is taken a thousand times a day, and asking the system's
//! name service may mean asking a server. Users known only there count as unknown.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// No more of these files is read.
const MOST: u64 = 4 << 20;
/// Most of these files are shorter, and so are read at once.
const USUAL: usize = 8 << 10;

/// The home of a user; `None` for one who has none or is not in the file.
pub fn home_of(user: u32) -> Option<PathBuf> {
    // name:password:user:group:comment:home:shell
    let home = field("/etc/passwd", 5, |fields| number(fields.get(2)) == Some(user))?;
    let home = PathBuf::from(OsStr::from_bytes(&home));
    (home.is_absolute() && home.parent().is_some()).then_some(home)
}

/// The number of the group of that name; a number stands for itself.
pub fn group_number(name: &str) -> Option<u32> {
    // name:password:group:members
    let named = |fields: &[&[u8]]| fields.first() == Some(&name.as_bytes());
    field("/etc/group", 2, named)
        .and_then(|number| std::str::from_utf8(&number).ok()?.parse().ok())
        .or_else(|| name.parse().ok())
}

fn number(field: Option<&&[u8]>) -> Option<u32> {
    std::str::from_utf8(field?).ok()?.parse().ok()
}

/// A field of the first line that is wanted.
fn field(path: &str, index: usize, wanted: impl Fn(&[&[u8]]) -> bool) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(USUAL);
    std::fs::File::open(path).ok()?.take(MOST).read_to_end(&mut text).ok()?;
    text.split(|&byte| byte == b'\n').find_map(|line| {
        let fields: Vec<&[u8]> = line.split(|&byte| byte == b':').collect();
        if wanted(&fields) { fields.get(index).map(|field| field.to_vec()) } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_superuser_has_a_home_and_a_stranger_has_none() {
        if cfg!(target_os = "linux") {
            assert_eq!(home_of(0), Some(PathBuf::from("/root")));
            assert_eq!(group_number("root"), Some(0));
        }
        assert_eq!(home_of(4_000_000_000), None);
        assert_eq!(group_number("no such group"), None);
        assert_eq!(group_number("1234"), Some(1234));
    }
}
