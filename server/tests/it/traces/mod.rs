//! The shortest traces that the protocol's model found where one of its rules is missing, against the real core and the
//! real server. Each test says what must hold; its doc line names the rule (F) and the invariant.
//!
//! F5 stands for what the lease says after a restart: the attempt itself dies with the connection of the emulator, so a
//! late arrival cannot be shown.

mod addresses;
mod clones;
mod logins;
mod restore;
mod wall;
