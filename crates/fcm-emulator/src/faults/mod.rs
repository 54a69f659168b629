//! Scripted trouble. In: rules from the control API. Out: what happens to one send that passed validation.
//! Next: `send` plays it. Held by `tests/it/faults.rs`.

mod plan;
mod spec;
mod table;

pub(crate) use plan::Trouble;
pub use spec::{FaultAction, FaultSpec, FaultSpecError};
pub use table::FaultRule;
pub(crate) use table::FaultTable;
