//! Large documents: written in large pieces, in the target's folder, and read in large pieces.
//!
//! Memory is measured by hand, since it needs a release build and half a minute:
//! `benches/large.sh` updates a document of 200 MB and compares its peak memory with that of the
//! filter engine alone.

use crate::common::strace::{Call, record};
use crate::common::{TestEnv, require};

/// Enough for many blocks, and for numbers, texts and nesting in each of them.
fn document(records: usize) -> String {
    let record = |id: usize| format!("    {{\n      \"id\": {id},\n      \"text\": \"entry {id}\"\n    }}");
    let records: Vec<String> = (0..records).map(record).collect();
    format!("{{\n  \"records\": [\n{}\n  ]\n}}\n", records.join(",\n"))
}

#[test]
fn a_large_document_is_written_in_large_pieces_beside_its_target() {
    if !require("strace") {
        return;
    }
    let env = TestEnv::new();
    let old = document(20_000);
    env.write("doc.json", &old);
    let (ran, calls) = record(&env, ["update", "--backup", "doc.json", ".records[7].text = \"new\""]);
    ran.ok();
    let beside = |call: &Call| call.creates() && call.path(1).parent() == env.path("doc.json").parent();
    let created = calls.iter().position(beside).unwrap();
    let fd = calls[created].result;
    let until = calls.iter().skip(created).position(|call| call.name == "fsync" && call.fd(0) == fd).unwrap();
    let writes: Vec<i64> = calls[created..created + until]
        .iter()
        .filter(|call| call.name == "write" && call.fd(0) == fd)
        .map(|call| call.result)
        .collect();
    let new = env.read("doc.json");
    assert_eq!(writes.iter().sum::<i64>(), i64::try_from(new.len()).unwrap());
    assert!(
        writes.len() <= new.len() / (64 << 10) + 1,
        "{} writes, the smallest of {:?}",
        writes.len(),
        writes.iter().min()
    );
    let reads = calls.iter().filter(|call| call.name == "read" && call.result > 0 && call.result < 4096);
    assert!(reads.count() < 40, "it is read in small pieces");
    assert_eq!(new, old.replace("\"entry 7\"", "\"new\""));
    assert_eq!(env.read("doc.json.bak"), old);
}
