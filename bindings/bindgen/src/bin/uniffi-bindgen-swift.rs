//! Writes Swift sources, C header and module map from a built library. In: a library that is not stripped. Out: the
//! generated part of `bindings/swift`. Next: `bindings/swift/test.sh`, which compiles and runs them.

fn main() {
    uniffi::uniffi_bindgen_swift();
}
