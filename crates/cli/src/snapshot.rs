//! `pushbridge snapshot` and `pushbridge restore`: a copy of the store, and putting one back.

use pushbridge_server::{Clock, config::Config, restore_snapshot, take_snapshot};

use crate::{args::StoreArguments, failure::Failure, serve::load_config};

pub(crate) fn take(arguments: &StoreArguments) -> Result<(), Failure> {
    let config = config(arguments)?;
    take_snapshot(&config, &arguments.snapshot).map_err(|error| Failure::usage(error.to_string()))?;
    anstream::println!(
        "{} holds what {} held",
        arguments.snapshot.display(),
        config.server.data_dir.display()
    );
    Ok(())
}

pub(crate) fn restore(arguments: &StoreArguments) -> Result<(), Failure> {
    let config = config(arguments)?;
    let restored = restore_snapshot(&config, &arguments.snapshot, &Clock::System).map_err(|error| {
        Failure::usage(error.to_string()).next(format!(
            "nothing changed in {}; give a file that `pushbridge snapshot` wrote, with the server stopped",
            config.server.data_dir.display()
        ))
    })?;
    anstream::println!(
        "{} is in place; the store of before is kept beside it as pushbridge.db.before-restore",
        arguments.snapshot.display()
    );
    anstream::println!(
        "  {} bindings are unconfirmed: each is sent to again once its phone has reported",
        restored.unconfirmed
    );
    anstream::println!("  {} phones are told to report as soon as the server runs", restored.told);
    anstream::println!("  revokes and logouts made after the snapshot are forgotten; next: pushbridge serve");
    Ok(())
}

fn config(arguments: &StoreArguments) -> Result<Config, Failure> {
    let mut config = load_config(arguments.config.as_deref())?;
    if let Some(dir) = &arguments.data {
        config.server.data_dir.clone_from(dir);
    }
    Ok(config)
}
