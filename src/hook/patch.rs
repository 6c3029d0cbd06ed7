//! The files that a patch of Codex's is about.

/// The paths in a patch, each with whether the file is replaced or removed as a whole. What a file is
/// moved to is replaced.
pub fn files(patch: &str) -> Vec<(&str, bool)> {
    const HEADS: [(&str, bool); 4] = [
        ("*** Add File: ", true),
        ("*** Update File: ", false),
        ("*** Delete File: ", true),
        ("*** Move to: ", true),
    ];
    let file = |line: &'_ str| -> Option<(usize, bool)> {
        HEADS.iter().find(|(head, _)| line.starts_with(head)).map(|(head, whole)| (head.len(), *whole))
    };
    let files = patch.lines().filter_map(|line| {
        let (head, whole) = file(line)?;
        Some((line[head..].trim(), whole))
    });
    files.filter(|(path, _)| !path.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::files;

    #[test]
    fn each_file_of_a_patch_is_named() {
        let patch = "*** Begin Patch\n*** Add File: a b.md\n+*** Add File: no\n*** Update File: src/x.rs\n\
                     *** Move to: src/y.rs\n@@\n-*** Delete File: no\n*** Delete File: z\r\n*** End Patch\n";
        assert_eq!(files(patch), [("a b.md", true), ("src/x.rs", false), ("src/y.rs", true), ("z", true)]);
        assert!(files("").is_empty());
    }
}
