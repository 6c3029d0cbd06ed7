//! A project's memory: its first files, and the schemas that they obey.

use std::path::{Path, PathBuf};

use serde_json::json;

/// The schemas of memory documents, by the names of their files.
pub const SCHEMAS: [(&str, &str); 4] = [
    ("sessions.schema.json", include_str!("../../docs/examples/schemas/sessions.schema.json")),
    ("decisions.schema.json", include_str!("../../docs/examples/schemas/decisions.schema.json")),
    ("context.schema.json", include_str!("../../docs/examples/schemas/context.schema.json")),
    ("preferences.schema.json", include_str!("../../docs/examples/schemas/preferences.schema.json")),
];

/// Where the schemas are, in the folder of all memories, and from a project's files on.
const FOLDER: &str = "schemas";
const FROM_PROJECT: &str = "../../schemas";
/// Where the projects are.
const PROJECTS: &str = "projects";
/// The longest name of a project, in bytes.
const LONGEST_NAME: usize = 100;

/// Whether a project may be called so: its name is that of a folder.
pub fn is_project_name(name: &str) -> bool {
    let is_plain = |letter: char| !letter.is_control() && letter != '/';
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && !name.starts_with(['.', '-', ' '])
        && name.chars().all(is_plain)
}

/// The files that a new project begins with, each with its text, in the folder of all memories: the
/// schemas first. `today` is a date.
pub fn first_files(memories: &Path, project: &str, today: &str) -> Vec<(PathBuf, String)> {
    let schemas = SCHEMAS.iter().map(|(name, text)| (memories.join(FOLDER).join(name), (*text).to_owned()));
    let folder = memories.join(PROJECTS).join(project);
    let document = |name: &str, more: serde_json::Value| {
        let mut document = json!({
            "$schema": format!("{FROM_PROJECT}/{name}.schema.json"),
            "_version": {},
            "project": project,
        });
        if let (Some(all), serde_json::Value::Object(more)) = (document.as_object_mut(), more) {
            all.extend(more);
        }
        (folder.join(format!("{name}.json")), format!("{document:#}\n"))
    };
    let documents = [
        document("context", json!({"created": today})),
        document("sessions", json!({"sessions": []})),
        document("decisions", json!({"decisions": []})),
    ];
    schemas.chain(documents).collect()
}
