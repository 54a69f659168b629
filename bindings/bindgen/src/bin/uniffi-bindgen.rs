//! Writes Kotlin and Python bindings from a built library. In: a library that is not stripped. Out: sources. Next:
//! `bindings/kotlin/test.sh` and `bindings/python/test.sh`, which compile and run them.

fn main() {
    uniffi::uniffi_bindgen_main();
}
