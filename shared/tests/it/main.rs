//! The whole core against scripted servers: in memory where order matters, over sockets where bytes do.

mod convergence;
mod crash;
mod http;
mod logs;
mod model_phone;
mod model_server;
mod outcomes;
mod rig;
mod store;
mod walk;
