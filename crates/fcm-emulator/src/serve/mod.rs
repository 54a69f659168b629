//! Sockets. In: connections of this machine. Out: requests to the one list of routes. Next: `routes.rs`.
//!
//! The accept loop is our own, since a scripted fault must be able to cut the connection under a request.
//! Held by `tests/it/{connections,leaving,tls}.rs`.

mod connection;
mod listener;
mod routes;
mod streams;
mod tls;

pub(crate) use connection::{Connection, refused_stream};
pub(crate) use listener::{Sockets, bind};
pub(crate) use routes::Routes;
pub(crate) use tls::Tls;
