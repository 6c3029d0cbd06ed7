//! Locks as a table.

use crate::cli::output;
use crate::lock::report::Report;

/// The table of some locks.
pub fn table(reports: &[Report]) -> String {
    let head = ["VERDICT", "AGE", "FILE", "HOLDER", "WHY"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(reports.iter().map(Report::row)).collect();
    output::table(&rows)
}
