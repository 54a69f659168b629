//! Keeps panics on this side of the border.
//!
//! In: what an export does. Out: its result, or [`PushError::Internal`] if it panicked. UniFFI catches panics too, but
//! hands them over as an exception that no wrapper declares, with the panic's text in it.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
};

use futures_util::FutureExt;

use crate::PushError;

/// Runs `call`. The core's locks do not poison, so what a panic left behind is usable.
pub(crate) fn guarded<T, E: Into<PushError>>(call: impl FnOnce() -> Result<T, E>) -> Result<T, PushError> {
    catch_unwind(AssertUnwindSafe(call)).map_or_else(|_| Err(panicked()), |done| done.map_err(Into::into))
}

/// The same for what is awaited.
pub(crate) async fn guarded_async<T, E: Into<PushError>>(
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, PushError> {
    let done = AssertUnwindSafe(call).catch_unwind().await;
    done.map_or_else(|_| Err(panicked()), |done| done.map_err(Into::into))
}

fn panicked() -> PushError {
    tracing::error!("an exported function panicked");
    PushError::Internal { detail: "a fault in the core".to_owned() }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use futures_util::FutureExt;

    use super::*;

    /// Row 28 of the failure modes.
    #[test]
    fn row_28_a_panic_is_an_internal_error_and_the_next_call_works() {
        let counter = Mutex::new(0);
        let call = |panics: bool| {
            guarded(|| {
                let mut counter = counter.lock().unwrap_or_else(PoisonError::into_inner);
                *counter += 1;
                assert!(!panics, "secret=abc");
                Ok::<_, PushError>(*counter)
            })
        };
        let failed = call(true).unwrap_err();
        assert!(matches!(&failed, PushError::Internal { detail } if !detail.contains("abc")), "{failed}");
        assert_eq!(call(false), Ok(2));
    }

    /// Row 28 of the failure modes.
    #[test]
    fn row_28_a_panic_in_an_awaited_call_is_an_internal_error() {
        let panics = guarded_async(async {
            if true {
                panic!("secret=abc");
            }
            Ok::<(), PushError>(())
        });
        assert!(matches!(panics.now_or_never(), Some(Err(PushError::Internal { .. }))));
    }
}
