//! Owner, extended attributes and mode: what a file keeps when its content is replaced.

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{ReplaceError, Warning};
use crate::sys;
use crate::sys::failure::Op;

const SET_USER_ID: u32 = 0o4000;
const SET_GROUP_ID: u32 = 0o2000;
const GROUP: u32 = 0o070;
const OTHERS: u32 = 0o007;

/// Gives `new` what `old` has. First the owner, whose change clears the set-id bits and needs
/// the least said when refused; then attributes, ACLs among them; the mode last.
pub(super) fn copy(
    old: &File,
    meta: &Metadata,
    new: &File,
    path: &Path,
    warnings: &mut Vec<Warning>,
) -> Result<(), ReplaceError> {
    let fail = |op| ReplaceError::io(op, path);
    let made = new.metadata().map_err(fail(Op::LookAt))?;
    let mut mode = meta.mode();
    let wanted_user = (made.uid() != meta.uid()).then_some(meta.uid());
    let wanted_group = (made.gid() != meta.gid()).then_some(meta.gid());
    if wanted_user.is_some() || wanted_group.is_some() {
        let both = sys::file::set_owner(new, wanted_user, wanted_group).is_ok();
        // The group alone may be allowed where the user is not.
        let group = both || wanted_group.is_none() || sys::file::set_owner(new, None, wanted_group).is_ok();
        if !both && (wanted_user.is_some() || !group) {
            warnings.push(Warning::Owner { path: path.to_owned(), user: meta.uid(), group: meta.gid() });
            // A program that runs as its owner must not run as another one.
            mode &= !(SET_USER_ID | SET_GROUP_ID);
        }
        if !group {
            // What one group was allowed, another gets only if everybody was.
            mode &= !GROUP | ((mode & OTHERS) << 3);
        }
    }
    copy_attributes(old, new, path, warnings)?;
    sys::file::set_mode(new, mode).map_err(fail(Op::SetMode))
}

fn copy_attributes(
    old: &File,
    new: &File,
    path: &Path,
    warnings: &mut Vec<Warning>,
) -> Result<(), ReplaceError> {
    let fail = |op| ReplaceError::io(op, path);
    let names = sys::file::attribute_names(old).map_err(fail(Op::ListAttributes))?;
    // A folder's default ACL gives a new file attributes that the old one never had.
    for name in sys::file::attribute_names(new).map_err(fail(Op::ListAttributes))? {
        if !names.contains(&name) && sys::file::remove_attribute(new, &name).is_err() {
            warnings.push(Warning::attribute(path, &name));
        }
    }
    for name in names {
        let Some(value) = sys::file::attribute(old, &name).map_err(fail(Op::ReadAttribute))? else {
            continue;
        };
        let has_it = || sys::file::attribute(new, &name).ok().flatten().as_ref() == Some(&value);
        if !has_it() && sys::file::set_attribute(new, &name, &value).is_err() {
            warnings.push(Warning::attribute(path, &name));
        }
    }
    Ok(())
}
