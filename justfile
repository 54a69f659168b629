# Each recipe is one plain command: `just` is a convenience, never needed.

# README's first command
demo *ARGS:
    cargo run -- demo {{ARGS}}

# README's second command
test:
    cargo test --workspace

# what CI runs
ci:
    bash .ci/run

# format, then the lints that CI denies
fix:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings

# licences, advisories, bans (needs cargo-deny)
deny:
    cargo deny check
