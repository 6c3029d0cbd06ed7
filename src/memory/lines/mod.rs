//! A document whose every line is JSON (`.jsonl`, `.ndjson`), gone through line by line, so that no
//! more than one line need be in memory.
//!
//! A line that is not JSON, such as one that a crash has torn, is nobody's to drop: an update keeps it
//! byte for byte, a reader leaves it out, and both say which it was.

mod read;
mod reader;
mod update;

use std::ops::RangeInclusive;

use serde::Serialize;

pub use read::{LinesRead, ReadLines, print_lines};
pub use update::{Lines, LinesUpdated, Whole, update_lines};

/// So many ranges of foreign lines are remembered; of more, only the count.
const MOST_RANGES: usize = 1 << 20;

/// The lines that are not JSON.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Foreign {
    /// How many.
    pub count: u64,
    /// Their numbers, counted from 1, those that follow one another in one range. The first million
    /// ranges.
    #[serde(serialize_with = "as_pairs")]
    pub ranges: Vec<RangeInclusive<u64>>,
}

impl Foreign {
    fn add(&mut self, number: u64) {
        self.count += 1;
        if let Some(last) = self.ranges.last_mut().filter(|last| *last.end() + 1 == number) {
            *last = *last.start()..=number;
        } else if self.ranges.len() < MOST_RANGES {
            self.ranges.push(number..=number);
        }
    }
}

fn as_pairs<S: serde::Serializer>(ranges: &[RangeInclusive<u64>], out: S) -> Result<S::Ok, S::Error> {
    out.collect_seq(ranges.iter().map(|range| (range.start(), range.end())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_follow_one_another_are_one_range() {
        let mut foreign = Foreign::default();
        [3, 4, 5, 9, 11, 12].into_iter().for_each(|line| foreign.add(line));
        assert_eq!((foreign.count, foreign.ranges), (6, vec![3..=5, 9..=9, 11..=12]));
    }
}
