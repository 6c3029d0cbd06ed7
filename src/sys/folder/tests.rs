//! The rules of folders of trust.

use super::*;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

fn private() -> (tempfile::TempDir, Folder) {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::open(dir.path()).unwrap();
    (dir, folder)
}

#[test]
fn links_are_refused_and_what_they_point_to_stays_as_it_is() {
    let (dir, folder) = private();
    let victim = tempfile::tempdir().unwrap();
    std::fs::File::create(victim.path().join("f")).unwrap();
    symlink(victim.path(), dir.path().join("folder")).unwrap();
    symlink(victim.path().join("f"), dir.path().join("file")).unwrap();
    symlink(victim.path().join("new"), dir.path().join("dangling")).unwrap();
    assert_eq!(folder.folder("folder").unwrap_err().kind(), io::ErrorKind::NotADirectory);
    assert!(folder.folder_or_make("folder", 0o700).is_err());
    for name in ["file", "dangling"] {
        let error = folder.open_or_create(name, Access::Write, 0o600).unwrap_err();
        assert!(error.to_string().contains("symbolic link"), "{error}");
    }
    folder.remove_tree("folder").unwrap();
    assert_eq!(Folder::open(victim.path()).unwrap().names().unwrap(), ["f"]);
}

#[test]
fn what_is_no_file_and_what_has_two_names_is_refused() {
    let (dir, folder) = private();
    assert!(std::process::Command::new("mkfifo").arg(dir.path().join("fifo")).status().unwrap().success());
    folder.make_folder("folder", 0o700).unwrap();
    folder.create_file("one", 0o600).unwrap();
    folder.link("one", &folder, "two").unwrap();
    for name in ["fifo", "folder", "one"] {
        let error = folder.open_file(name, Access::Write).unwrap_err();
        assert!(error.to_string().contains("not to be trusted"), "{name}: {error}");
    }
    folder.open_linked("one", Access::Write).unwrap();
}

#[test]
fn a_name_stays_in_its_folder() {
    let (_dir, folder) = private();
    for name in ["", ".", "..", "../x", "a/b", "/etc/passwd"] {
        assert!(folder.open_file(name, Access::Read).is_err(), "{name}");
        assert!(folder.remove_tree(name).is_err(), "{name}");
    }
}

#[test]
fn permissions_are_as_asked_for() {
    let (_dir, folder) = private();
    let mode = |meta: Metadata| meta.permissions().mode() & 0o7777;
    assert_eq!(mode(folder.make_folder("a", 0o700).unwrap().metadata().unwrap()), 0o700);
    assert_eq!(mode(folder.make_folder("b", 0o2770).unwrap().metadata().unwrap()), 0o2770);
    assert_eq!(mode(folder.create_file("c", 0o666).unwrap().metadata().unwrap()), 0o666);
}

#[test]
fn a_strangers_things_are_refused_in_a_private_folder_only() {
    let (dir, folder) = private();
    if effective_user() != 0 {
        return;
    }
    folder.create_file("f", 0o600).unwrap();
    std::os::unix::fs::lchown(dir.path().join("f"), Some(12345), None).unwrap();
    assert!(folder.open_file("f", Access::Read).unwrap_err().to_string().contains("stranger"));
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o1777)).unwrap();
    Folder::open(dir.path()).unwrap().open_file("f", Access::Read).unwrap();
    // What the superuser makes in another's folder is that one's.
    std::os::unix::fs::lchown(dir.path(), Some(12345), Some(12345)).unwrap();
    let anothers = Folder::open(dir.path()).unwrap();
    assert_eq!(anothers.create_file("g", 0o600).unwrap().metadata().unwrap().uid(), 12345);
    assert_eq!(anothers.make_folder("h", 0o700).unwrap().metadata().unwrap().uid(), 12345);
}

/// A folder of user 12345 in a folder of ours, with a file of the superuser's in it.
fn anothers() -> Option<(tempfile::TempDir, PathBuf)> {
    let dir = tempfile::tempdir().unwrap();
    if effective_user() != 0 {
        return None;
    }
    let theirs = dir.path().join("theirs");
    std::fs::create_dir(&theirs).unwrap();
    std::fs::create_dir(theirs.join("inner")).unwrap();
    for path in [theirs.clone(), theirs.join("inner")] {
        std::os::unix::fs::lchown(path, Some(12345), Some(12345)).unwrap();
    }
    Some((dir, theirs))
}

#[test]
fn our_own_links_are_followed_on_the_way() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("real")).unwrap();
    symlink("real/../real", dir.path().join("link")).unwrap();
    symlink(dir.path().join("link"), dir.path().join("chain")).unwrap();
    let wanted = Folder::open(&dir.path().join("real")).unwrap().identity().unwrap();
    for name in ["real", "link", "chain", "real/./../chain/"] {
        let reached = Folder::walk_to(&dir.path().join(name)).unwrap();
        assert_eq!(reached.identity().unwrap(), wanted, "{name}");
    }
    let made = Folder::walk_to_or_make(&dir.path().join("chain/a/b"), Some(0o700)).unwrap();
    assert_eq!(made.metadata().unwrap().mode() & 0o777, 0o700);
    assert!(dir.path().join("real/a/b").is_dir());
    made.create_file("f", 0o600).unwrap();
    symlink("a/b/f", dir.path().join("real/file")).unwrap();
    assert_eq!(walk_to_file(&dir.path().join("chain/file")).unwrap().owner, effective_user());
    symlink("round", dir.path().join("round")).unwrap();
    assert!(Folder::walk_to(&dir.path().join("round")).is_err());
    let error = Folder::walk_to(&dir.path().join("real/a/b/f")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotADirectory);
    assert_eq!(walk_to_file(dir.path()).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    assert!(Folder::walk_to(Path::new("relative")).is_err());
}

#[test]
fn a_ruler_leads_us_nowhere() {
    let Some((dir, theirs)) = anothers() else { return };
    let victim = dir.path().join("victim");
    std::fs::create_dir(&victim).unwrap();
    std::fs::File::create(victim.join("f")).unwrap();
    symlink(&victim, theirs.join("link")).unwrap();
    symlink(&theirs, dir.path().join("theirs-by-link")).unwrap();
    std::os::unix::fs::lchown(dir.path().join("theirs-by-link"), Some(12345), None).unwrap();
    for path in ["theirs/link", "theirs/link/new", "theirs/inner/../link", "theirs-by-link/inner"] {
        let path = dir.path().join(path);
        for reached in [Folder::walk_to(&path), Folder::walk_to_or_make(&path, None)] {
            let error = reached.unwrap_err();
            assert!(error.to_string().contains("it is a symbolic link"), "{}: {error}", path.display());
        }
    }
    assert!(walk_to_file(&theirs.join("link/f")).is_err());
    assert_eq!(Folder::open(&victim).unwrap().names().unwrap(), ["f"]);
    // What is made on the way is the ruler's.
    let made = Folder::walk_to_or_make(&theirs.join("inner/a/b"), None).unwrap();
    assert_eq!((made.owner(), made.metadata().unwrap().uid()), (12345, 12345));
    // A stranger's folder in there, and the superuser's own.
    std::fs::create_dir(theirs.join("strangers")).unwrap();
    std::os::unix::fs::lchown(theirs.join("strangers"), Some(999), Some(999)).unwrap();
    assert!(Folder::walk_to(&theirs.join("strangers")).unwrap_err().to_string().contains("a stranger"));
    std::fs::create_dir(theirs.join("roots")).unwrap();
    assert_eq!(Folder::walk_to(&theirs.join("roots")).unwrap().owner(), 12345);
}

#[test]
fn what_the_ruler_could_not_read_is_not_read_for_them() {
    let Some((_dir, theirs)) = anothers() else { return };
    let inner = Folder::walk_to(&theirs.join("inner")).unwrap();
    let secret = |name: &str, mode: u32, user: u32| {
        let path = theirs.join("inner").join(name);
        std::fs::File::create(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        std::os::unix::fs::lchown(&path, Some(user), None).unwrap();
        (inner.open_readable(name).is_ok(), walk_to_file(&path).is_ok())
    };
    assert_eq!(secret("roots", 0o600, 0), (false, false));
    assert_eq!(secret("readable", 0o604, 0), (true, true));
    assert_eq!(secret("own", 0o600, 12345), (true, true));
    assert_eq!(secret("strangers", 0o644, 999), (false, false));
    std::fs::hard_link(theirs.join("inner/readable"), theirs.join("inner/linked")).unwrap();
    assert!(inner.open_readable("linked").is_err() && walk_to_file(&theirs.join("inner/linked")).is_err());
    std::fs::hard_link(theirs.join("inner/own"), theirs.join("inner/backup")).unwrap();
    assert!(inner.open_readable("backup").is_ok(), "a backup made of hard links");
}
