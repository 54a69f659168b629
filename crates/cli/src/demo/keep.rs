//! `--keep`: leaves everything running, with lines to copy.

use tokio_util::sync::CancellationToken;

use super::world::{SHOP, World};
use crate::{failure::Failure, serve::cancel_on_signal};

/// Prints what to try and waits for Ctrl-C.
pub(super) async fn keep_running(world: &World, json: bool) -> Result<(), Failure> {
    let (url, key_file, emulator) =
        (format!("http://{}", world.server), world.key_file.display(), world.emulator_url());
    // As it can be called from the next terminal: it need not be in the PATH.
    let program =
        std::env::current_exe().map_or_else(|_| "pushbridge".to_owned(), |path| path.display().to_string());
    if json {
        let line = serde_json::json!({
            "kept": true, "url": url, "bootstrap_key_file": world.key_file, "emulator": emulator,
        });
        anstream::println!("{line}");
    } else {
        anstream::println!(
            "
Everything keeps running; Ctrl-C ends it and deletes its files. Anna's Pixel is logged in. Try:

  export PUSHBRIDGE_URL={url} PUSHBRIDGE_KEY_FILE={key_file}
  KEY=$(cat $PUSHBRIDGE_KEY_FILE)

  # send to Anna, then look at where it arrived
  curl -s -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' \\
    $PUSHBRIDGE_URL/v1/apps/{SHOP}/messages \\
    -d '{{\"to\":{{\"user\":\"anna\"}},\"message\":{{\"notification\":{{\"title\":\"Hello\",\"body\":\"from curl\"}}}}}}'
  curl -s -H \"Authorization: Bearer $KEY\" $PUSHBRIDGE_URL/v1/apps/{SHOP}/users/anna/explain
  curl -s {emulator}/emulator/v1/devices                # the phones, by id
  curl -s {emulator}/emulator/v1/devices/ID/inbox       # what one of them got

  # or with this program
  {program} send --app {SHOP} --user anna --title Hello --body 'from the command line' --wait
"
        );
    }
    let stop = CancellationToken::new();
    let mut signals = tokio::task::JoinSet::new();
    signals.spawn(cancel_on_signal(stop.clone()));
    stop.cancelled().await;
    Ok(())
}
