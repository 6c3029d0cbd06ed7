//! Whose a name is: a definition or a parameter of the filter's own, or a builtin.

use crate::builtins::table::{self, Builtin};

/// A name of the filter's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own<'s> {
    name: &'s str,
    arity: usize,
    /// Whether it is a parameter, which the caller chooses.
    pub(crate) is_parameter: bool,
    /// Its number, which no other one has.
    pub(crate) id: usize,
}

/// Who a name belongs to.
pub(crate) enum Owner<'s> {
    Own(Own<'s>),
    Builtin(&'static Builtin),
    Nobody,
}

/// The names that can be called at some place, those from further inside last.
#[derive(Default)]
pub(crate) struct Scope<'s> {
    names: Vec<Own<'s>>,
    made: usize,
}

impl<'s> Scope<'s> {
    /// One more name; gives its number.
    pub(crate) fn add(&mut self, name: &'s str, arity: usize, is_parameter: bool) -> usize {
        self.made += 1;
        self.names.push(Own { name, arity, is_parameter, id: self.made });
        self.made
    }

    /// How many names there are, for [`leave`](Self::leave).
    pub(crate) fn level(&self) -> usize {
        self.names.len()
    }

    /// Forgets the names that were added since.
    pub(crate) fn leave(&mut self, level: usize) {
        self.names.truncate(level);
    }

    pub(crate) fn owner(&self, name: &str, arity: usize) -> Owner<'s> {
        let own = self.names.iter().rev().find(|own| own.name == name && own.arity == arity);
        match (own, table::find(plain_name(name), arity)) {
            (Some(own), _) => Owner::Own(*own),
            (None, Some(builtin)) => Owner::Builtin(builtin),
            (None, None) => Owner::Nobody,
        }
    }

    /// The builtin that a call means, if it means one.
    pub(crate) fn builtin(&self, name: &str, arity: usize) -> Option<&'static Builtin> {
        match self.owner(name, arity) {
            Owner::Builtin(builtin) => Some(builtin),
            _ => None,
        }
    }
}

/// What the definition of a builtin is called that gives paths. No filter can write the name.
pub(crate) fn path_name(name: &str) -> String {
    format!("{name}!")
}

/// The name in the table.
fn plain_name(name: &str) -> &str {
    name.strip_suffix('!').unwrap_or(name)
}
