//! Ties the stages together.
//!
//! In: calls of [`api`](crate::api), answers of [`sync`](crate::sync). Out: a stored state, then its effects. The
//! [`Engine`] stores before it acts; a [`Flight`](flight) lets one sync run at a time; the [`Courier`] calls the app
//! from one thread and under no lock; work lives in a runtime of the core's own, so that a caller who goes away tears
//! no request from its acknowledgement.

mod courier;
mod credentials;
mod drive;
mod engine;
mod flight;
mod lock;
mod run;
mod runtime;

pub(crate) use courier::Courier;
pub(crate) use drive::Driver;
pub(crate) use engine::{Engine, View};
