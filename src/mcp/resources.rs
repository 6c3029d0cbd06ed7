//! Files as resources: their URIs, the list, and their content.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rmcp::model::{ListResourcesResult, ReadResourceResult, Resource, ResourceContents};

use super::answer::Refusal;
use super::call::Call;
use super::context::Context;
use super::tools::files::LONGEST_TEXT;
use crate::memory;

/// So many resources are listed at once.
const PAGE: usize = 500;
const SCHEME: &str = "file://";

/// A file's URI.
pub fn uri(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let mut uri = SCHEME.to_owned();
    for &byte in path.as_os_str().as_bytes() {
        match plain(byte) {
            true => uri.push(char::from(byte)),
            false => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// The path in a URI; `None` where it is no file's on this machine.
pub fn path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix(SCHEME)?;
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    if !rest.starts_with('/') {
        return None;
    }
    let mut bytes = Vec::with_capacity(rest.len());
    let mut rest = rest.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        bytes.extend(hex::decode(digits).ok()?);
        rest = after;
    }
    Some(std::ffi::OsString::from_vec(bytes).into())
}

/// One page of the files, in the order of their paths, beginning behind the cursor.
///
/// # Errors
/// No folder is served.
pub fn list(context: &Context, cursor: Option<&str>) -> Result<ListResourcesResult, Refusal> {
    let (files, _) = context.bounds()?.files();
    let behind = cursor.and_then(path);
    let mut files = files.into_iter().filter(|file| behind.as_ref().is_none_or(|behind| file.path > *behind));
    let page: Vec<_> = files.by_ref().take(PAGE).collect();
    let mut result = ListResourcesResult::default();
    if files.next().is_some() {
        result.next_cursor = page.last().map(|last| uri(&last.path));
    }
    result.resources = page
        .into_iter()
        .map(|file| {
            Resource::new(uri(&file.path), file.inside.to_string_lossy())
                .with_mime_type(mime_type(&file.path))
                .with_size(file.size)
        })
        .collect();
    Ok(result)
}

/// A file's content. `None` where there is none.
///
/// # Errors
/// It is not served, can't be read, or is no text.
pub fn read(context: &Context, uri: &str, call: &mut Call) -> Result<Option<ReadResourceResult>, Refusal> {
    let path = path(uri).ok_or_else(|| not_served(uri))?;
    let bounds = context.bounds()?;
    let file = bounds.locate(&path)?;
    let locker = context.locker(call, "resources/read", None)?;
    let mut place = context.place(&file, &bounds, &locker, call);
    let Some(bytes) = memory::read(&mut place, memory::Reading::Free)?.bytes else { return Ok(None) };
    if bytes.len() > LONGEST_TEXT {
        return Err(Refusal::new(format!("{uri} has {} bytes: too many for one answer", bytes.len())));
    }
    let text = String::from_utf8(bytes.to_vec())
        .map_err(|_| Refusal::new(format!("{uri} is not a text: it is not UTF-8")))?;
    let contents = ResourceContents::text(text, uri).with_mime_type(mime_type(&file.path));
    Ok(Some(ReadResourceResult::new(vec![contents])))
}

/// A URI that means nothing here.
pub fn not_served(uri: &str) -> Refusal {
    Refusal::new(format!("{uri} is no file that is served here"))
}

fn mime_type(path: &Path) -> &'static str {
    match path.extension().and_then(OsStr::to_str) {
        Some("json") => "application/json",
        Some("jsonl") => "application/jsonl",
        Some("md") => "text/markdown",
        Some("toml") => "application/toml",
        _ => "text/plain",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_its_uri() {
        for name in ["/a/b.json", "/with space/ü%20\n", "/"] {
            assert_eq!(path(&uri(Path::new(name))).unwrap(), Path::new(name));
        }
        let bytes = OsStr::from_bytes(b"/\xff\x00x");
        assert_eq!(path(&uri(Path::new(bytes))).unwrap(), Path::new(bytes));
        assert_eq!(uri(Path::new("/a b")), "file:///a%20b");
        assert_eq!(path("file://localhost/a").unwrap(), Path::new("/a"));
        for wrong in ["file://host/a", "http:///a", "file:///%2", "file:///%zz", "/a", ""] {
            assert_eq!(path(wrong), None, "{wrong}");
        }
    }
}
