//! Locking without poison: a panic in one call must not make every later one fail. Every critical section here
//! replaces values whole, so nothing half-done is left behind.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
