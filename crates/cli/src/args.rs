//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Pushbridge: brings a phone's push address to your server, keeps it true, and sends to it.
#[derive(Debug, Parser)]
#[command(name = "pushbridge", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the server.
    Serve(ServeArguments),
    /// Checks the configuration, and with --online the Firebase projects too.
    Check(CheckArguments),
    /// Walks the life of a token with emulator, server and phones in one process; needs no Firebase project.
    Demo(DemoArguments),
    /// Registers and lists apps.
    App(AppArguments),
    /// Makes and lists API keys.
    Key(KeyArguments),
    /// Sends a notification, or a template, to a user.
    Send(SendArguments),
    /// Shows where a message stands.
    Message(MessageArguments),
    /// Saves, shows and tries templates.
    Template(crate::template::TemplateArguments),
    /// Asks about a user, or erases him.
    User(UserArguments),
    /// Copies the store to a file; the server may be running.
    Snapshot(StoreArguments),
    /// Puts a snapshot back; the server must not be running.
    Restore(StoreArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Configuration file (TOML). Without one the defaults apply.
    #[arg(long, value_name = "F")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of the database; wins over the configuration.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Address to listen on; wins over the configuration.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Configuration file (TOML).
    #[arg(long, value_name = "F")]
    pub(crate) config: Option<PathBuf>,
    /// Asks Google for an access token and FCM for a dry run, for each app of the file.
    #[arg(long)]
    pub(crate) online: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// One JSON object per step.
    #[arg(long)]
    pub(crate) json: bool,
    /// Leaves everything running afterwards and prints curl lines to play with.
    #[arg(long)]
    pub(crate) keep: bool,
    /// Address of the server; with --keep 127.0.0.1:8080 unless said, otherwise a free port.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Makes the emulator's tokens repeatable.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct StoreArguments {
    /// The file of the snapshot.
    pub(crate) snapshot: PathBuf,
    /// Configuration file (TOML). Without one the defaults apply.
    #[arg(long, value_name = "F")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of the database; wins over the configuration.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// Which server to talk to, and with which key.
#[derive(Debug, Clone, Args)]
pub(crate) struct Connection {
    /// The server.
    #[arg(long, env = "PUSHBRIDGE_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub(crate) url: String,
    /// File of the API key to use.
    #[arg(
        long,
        env = "PUSHBRIDGE_KEY_FILE",
        default_value = "./pushbridge-data/bootstrap.key",
        value_name = "F"
    )]
    pub(crate) key_file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct AppArguments {
    #[command(subcommand)]
    pub(crate) action: AppAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppAction {
    /// Registers an app.
    Create(AppCreateArguments),
    /// Lists the apps.
    List(Connection),
}

#[derive(Debug, Args)]
pub(crate) struct AppCreateArguments {
    /// Id of the app: a-z, 0-9, - and _.
    pub(crate) id: String,
    /// Firebase project.
    #[arg(long, value_name = "P")]
    pub(crate) project: String,
    /// File of the service account's JSON.
    #[arg(long, value_name = "F")]
    pub(crate) service_account: PathBuf,
    /// One device per user, or several.
    #[arg(long, default_value = "multi")]
    pub(crate) policy: PolicyArgument,
    /// With --policy multi: at most that many.
    #[arg(long, value_name = "N")]
    pub(crate) max_devices: Option<u32>,
    /// How users are proven; `trusted` is for development only.
    #[arg(long, default_value = "jwt")]
    pub(crate) identity: IdentityArgument,
    /// Where FCM is, for example the emulator.
    #[arg(long, value_name = "URL")]
    pub(crate) fcm_endpoint: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum PolicyArgument {
    Single,
    Multi,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum IdentityArgument {
    Jwt,
    Trusted,
}

#[derive(Debug, Args)]
pub(crate) struct KeyArguments {
    #[command(subcommand)]
    pub(crate) action: KeyAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyAction {
    /// Makes a key; it is shown once.
    Create(KeyCreateArguments),
    /// Lists the keys of an app, without the keys themselves.
    List(KeyListArguments),
}

#[derive(Debug, Args)]
pub(crate) struct KeyCreateArguments {
    /// The app.
    #[arg(long, value_name = "ID")]
    pub(crate) app: String,
    /// What the key may do: send, read, manage; several with commas.
    #[arg(long, value_delimiter = ',', required = true)]
    pub(crate) scope: Vec<ScopeArgument>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ScopeArgument {
    Send,
    Read,
    Manage,
}

#[derive(Debug, Args)]
pub(crate) struct KeyListArguments {
    /// The app.
    #[arg(long, value_name = "ID")]
    pub(crate) app: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct SendArguments {
    /// The app.
    #[arg(long, value_name = "ID")]
    pub(crate) app: String,
    /// The user.
    #[arg(long, value_name = "U")]
    pub(crate) user: String,
    /// Title of the notification.
    #[arg(long, value_name = "T", required_unless_present = "template", requires = "body")]
    pub(crate) title: Option<String>,
    /// Text of the notification.
    #[arg(long, value_name = "B", required_unless_present = "template", requires = "title")]
    pub(crate) body: Option<String>,
    /// Data for the app; may be given several times.
    #[arg(long, value_name = "K=V")]
    pub(crate) data: Vec<String>,
    /// A template of the server instead of title, text and data.
    #[arg(long, value_name = "ID", conflicts_with_all = ["title", "body", "data"])]
    pub(crate) template: Option<String>,
    /// The template's parameters as a JSON object.
    #[arg(long, value_name = "JSON", requires = "template", conflicts_with_all = ["title", "body", "data"])]
    pub(crate) params: Option<String>,
    /// Makes repeating this command safe for 24 hours.
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// Waits until every delivery has ended; exit status 1 unless all were sent.
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct MessageArguments {
    /// Id of the message.
    pub(crate) id: String,
    /// The app; may be left out where there is only one.
    #[arg(long, env = "PUSHBRIDGE_APP", value_name = "ID")]
    pub(crate) app: Option<String>,
    /// Shows its progress until the last delivery has ended: a bar on a terminal, elsewhere a line for each change.
    #[arg(long)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Args)]
pub(crate) struct UserArguments {
    #[command(subcommand)]
    pub(crate) action: UserAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserAction {
    /// Says why a user would or would not get a push now.
    Explain(OneUserArguments),
    /// Prints everything stored about a user, as one JSON object.
    Export(OneUserArguments),
    /// Logs a user out everywhere and removes what is stored about him. Cannot be undone.
    Erase(OneUserArguments),
}

#[derive(Debug, Args)]
pub(crate) struct OneUserArguments {
    /// The app.
    #[arg(long, value_name = "ID")]
    pub(crate) app: String,
    /// The user.
    pub(crate) user: String,
    #[command(flatten)]
    pub(crate) connection: Connection,
}
