//! What each delivery costs the store, as far as a statement's program shows it.

use crate::{store::audience::INSERT, testing::Bench};

use super::super::{claim::LEASE, settle::RECORD_SENT};

/// A `CHECK` with a list of three values or more, or an `UPDATE` with a trigger, would fill a temporary b-tree for each row:
/// seen to cost as much as the row itself. A reader's programs check nothing, so the writer is asked.
#[tokio::test]
async fn the_three_writes_of_a_delivery_fill_no_temporary_table() {
    let bench = Bench::new().await;
    for statement in [INSERT, LEASE, RECORD_SENT] {
        let opcodes = bench.app.store.write(move |connection| {
            let mut program = connection.prepare(&format!("EXPLAIN {statement}"))?;
            let nothing = rusqlite::params_from_iter(vec![0; program.parameter_count()]);
            let opcodes = program.query_map(nothing, |row| row.get::<_, String>("opcode"))?;
            Ok(opcodes.collect::<Result<Vec<_>, _>>()?)
        });
        let opcodes = opcodes.await.unwrap();
        assert!(opcodes.iter().any(|opcode| opcode == "Insert"), "{statement}");
        assert!(!opcodes.iter().any(|opcode| opcode == "OpenEphemeral"), "{statement}");
    }
}
