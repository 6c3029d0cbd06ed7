//! The rules for objects, and for what is neither object nor array.
//!
//! One walk along all sides at once; nothing is compared as a whole at every level, which would take
//! the square of the depth. What comes out as our side has it is our value itself, so that whoever
//! writes it copies its bytes.

use super::path::{Step, pointer};
use super::{Conflict, Rules};
use crate::document::Value;

/// What is known of the version that both sides come from.
#[derive(Clone, Copy)]
pub(super) enum Base<'v> {
    /// Nothing: whether something was added on one side or removed on the other can't be told.
    Unknown,
    /// What it has there.
    Known(Option<&'v Value>),
}

impl<'v> Base<'v> {
    /// What it has one step further on.
    fn below(self, get: impl FnOnce(&'v Value) -> Option<&'v Value>) -> Base<'v> {
        match self {
            Base::Unknown => Base::Unknown,
            Base::Known(value) => Base::Known(value.and_then(get)),
        }
    }

    pub(super) fn value(self) -> Option<&'v Value> {
        match self {
            Base::Unknown => None,
            Base::Known(value) => value,
        }
    }

    fn is(self, value: &Value) -> bool {
        self.value() == Some(value)
    }
}

/// What the merged document has in a place.
pub(super) enum Taken {
    /// Nothing.
    Nothing,
    /// What ours has.
    Ours,
    /// What theirs has.
    Theirs,
    /// What was made of both.
    Made(Value),
}

/// A merge that is under way.
pub(super) struct Merging<'v, 'r> {
    pub(super) rules: &'r Rules,
    /// The way to where we are.
    pub(super) steps: Vec<Step<'v>>,
    pub(super) conflicts: Vec<Conflict>,
}

impl<'v, 'r: 'v> Merging<'v, 'r> {
    /// Merges what the sides have in one place.
    pub(super) fn slot(
        &mut self,
        base: Base<'v>,
        ours: Option<&'v Value>,
        theirs: Option<&'v Value>,
    ) -> Taken {
        match (ours, theirs, base) {
            (Some(ours), Some(theirs), base) => self.both(base, ours, theirs),
            (None, None, _) => Taken::Nothing,
            (Some(_), None, Base::Unknown | Base::Known(None)) => Taken::Ours,
            (None, Some(_), Base::Unknown | Base::Known(None)) => Taken::Theirs,
            // Removed on one side: by one who has seen it as the other has it, or not.
            (Some(left), None, _) | (None, Some(left), _) if base.is(left) => Taken::Nothing,
            (Some(_), None, _) => {
                self.conflict(base, ours, theirs);
                Taken::Ours
            }
            (None, Some(_), _) => {
                self.conflict(base, ours, theirs);
                Taken::Nothing
            }
        }
    }

    fn both(&mut self, base: Base<'v>, ours: &'v Value, theirs: &'v Value) -> Taken {
        if ours.entries().is_some() && theirs.entries().is_some() {
            return self.objects(base, ours, theirs);
        }
        if let (Some(ours_elements), Some(theirs_elements)) = (ours.elements(), theirs.elements()) {
            return self.arrays(base, (ours, ours_elements), (theirs, theirs_elements));
        }
        let respelled = |base: &Value| base.is_spelled_as(ours) && !base.is_spelled_as(theirs);
        if ours == theirs {
            return if base.value().is_some_and(respelled) { Taken::Theirs } else { Taken::Ours };
        }
        if base.is(ours) {
            return Taken::Theirs;
        }
        if !base.is(theirs) {
            self.conflict(base, Some(ours), Some(theirs));
        }
        Taken::Ours
    }

    /// Key by key: ours in their order, then what only theirs has.
    fn objects(&mut self, base: Base<'v>, ours: &'v Value, theirs: &'v Value) -> Taken {
        let mut is_ours = true;
        let mut entries: Vec<(&'v str, Value)> = Vec::new();
        for (key, own) in ours.entries().into_iter().flatten() {
            let other = theirs.get(key);
            self.steps.push(Step::Key(key));
            let taken = self.slot(base.below(|base| base.get(key)), Some(own), other);
            self.steps.pop();
            is_ours &= matches!(taken, Taken::Ours);
            entries.extend(taken.value(Some(own), other).map(|value| (key, value)));
        }
        for (key, other) in theirs.entries().into_iter().flatten().filter(|(key, _)| ours.get(key).is_none())
        {
            self.steps.push(Step::Key(key));
            let taken = self.slot(base.below(|base| base.get(key)), None, Some(other));
            self.steps.pop();
            is_ours &= matches!(taken, Taken::Nothing);
            entries.extend(taken.value(None, Some(other)).map(|value| (key, value)));
        }
        if is_ours { Taken::Ours } else { Taken::Made(ours.with_entries(entries)) }
    }

    /// Notes a conflict here.
    pub(super) fn conflict(&mut self, base: Base<'v>, ours: Option<&Value>, theirs: Option<&Value>) {
        self.conflicts.push(Conflict {
            path: pointer(&self.steps),
            base: base.value().cloned(),
            ours: ours.cloned(),
            theirs: theirs.cloned(),
            versions: None,
        });
    }
}

impl Taken {
    /// The value that was taken.
    pub(super) fn value(self, ours: Option<&Value>, theirs: Option<&Value>) -> Option<Value> {
        match self {
            Taken::Nothing => None,
            Taken::Ours => ours.cloned(),
            Taken::Theirs => theirs.cloned(),
            Taken::Made(value) => Some(value),
        }
    }
}
