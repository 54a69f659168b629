//! `pushbridge check`: whether the configuration can be used.

use pushbridge_server::{configured_app, probe};

use crate::{args::CheckArguments, failure::Failure, serve::load_config};

pub(crate) async fn run(arguments: &CheckArguments) -> Result<(), Failure> {
    let config = load_config(arguments.config.as_deref())?;
    anstream::println!(
        "ok    configuration: listen {}, data in {}",
        config.server.listen,
        config.server.data_dir.display()
    );
    let mut failed = 0;
    for app in &config.apps {
        let result = match configured_app(app) {
            Ok(new) if arguments.online => probe(&config, &new).await,
            Ok(_) => Ok("service account and policy are sound".to_owned()),
            Err(problem) => Err(problem),
        };
        match result {
            Ok(said) => anstream::println!("ok    app {}: {said}", app.id),
            Err(problem) => {
                failed += 1;
                anstream::println!("FAIL  app {}: {problem}", app.id);
            }
        }
    }
    if config.apps.is_empty() {
        anstream::println!(
            "note  no [[app]] in the file; apps registered with `pushbridge app create` are not checked here"
        );
    }
    if failed > 0 {
        return Err(Failure::check(format!("{failed} of {} apps cannot be used", config.apps.len())));
    }
    Ok(())
}
