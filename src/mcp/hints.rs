//! Hints in the terms of the tools.

use crate::sys::failure::Hint;
use crate::sys::text::shown;

/// What to do, with the tools and arguments that do it; `None` where no tool does.
pub fn in_words(hint: &Hint) -> Option<String> {
    Some(match hint {
        Hint::Say(words) => (*words).to_owned(),
        Hint::Tell(words) => words.clone(),
        Hint::NameVariable(name) => format!("give `{name}` a value in `args`"),
        Hint::LookAt(_, path) => format!("see what it works on: memory_read with the filter `{path}`"),
        Hint::TakeTurns => "calls under one lock take turns: wait longer with `timeout`".to_owned(),
        Hint::TakeTogether => "release what you hold, and take such locks in one order".to_owned(),
        Hint::NameOwnLock => "each file has a lock of its own: name the id that this one's has".to_owned(),
        Hint::EndsWithCommand => "it is released when its command ends".to_owned(),
        Hint::NameSession => "give the id that lock_acquire gave".to_owned(),
        Hint::NameOwner => "a lock that is taken here is a lease: it has a `ttl`".to_owned(),
        Hint::SeeHistory(_) => "see what there is with memory_history".to_owned(),
        Hint::GoBack(file, from) => format!(
            "see it as it is with memory_read without a filter; a person can go back: aimem restore {} --from '{from}'",
            shown(file)
        ),
        Hint::Force => "nothing was written; to take it as it is: `force`".to_owned(),
        Hint::Create => "start a new document with `create`, or write it with memory_write".to_owned(),
        Hint::GiveDefault => "see what there is with memory_list".to_owned(),
        Hint::RunLonger => "look for an endless recursion".to_owned(),
        Hint::WaitLonger(_) => {
            "do something else and try again, wait longer with `timeout`, or see who it is with locks_show"
                .to_owned()
        }
        Hint::BreakIfSure(file, why) => format!(
            "whether its holder lives cannot be told: {why}. A person who is sure that it does not: aimem lock break {}",
            shown(file)
        ),
        Hint::WaitForFolder(folder) => {
            format!("nothing was written; wait until that program lets go of {}", shown(folder))
        }
        Hint::Merge(file, kept) => {
            format!("bring what is missing from one into the other: {}, {}", shown(file), shown(kept))
        }
        Hint::OldContent(backup) => format!("the old content is in {}", shown(backup)),
        Hint::SeeOrRestore(_) => "see it as it is with memory_read without a filter".to_owned(),
        Hint::AskOrStore { compares: true, .. } => {
            "it compares, and `=` would set; to ask, use memory_read; to store the result all the same: `any_kind`"
                .to_owned()
        }
        Hint::AskOrStore { .. } => {
            "to ask, use memory_read; to store the result all the same: `any_kind`".to_owned()
        }
        Hint::ReadAsCommented(_) => {
            "it has comments or trailing commas, as editors' settings have; with `format` jsonc they stay as they are"
                .to_owned()
        }
        Hint::WorkOnText(_) => {
            "filters work on JSON, JSONC, TOML, and each line of .jsonl and .ndjson; change any other text with memory_edit or memory_append".to_owned()
        }
        Hint::WorkOnYaml(_) => "change it as a text, with memory_edit: comments and order stay".to_owned(),
        Hint::LastKeyCounts(_) => "rename or remove one of them, with memory_write".to_owned(),
        Hint::ShareRoot(_) => "the one who set this machine up must do that: aimem locks init".to_owned(),
        Hint::WriteInPlace | Hint::MountFolder | Hint::KeepVersions | Hint::SeeVersions(_) => return None,
    })
}
