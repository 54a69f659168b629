//! `pushbridge template`: saves, shows and tries the texts that the server fills.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use pushbridge_wire::{
    TemplateInfo, TemplateList, TemplatePreview, TemplatePreviewRequest, TemplateRequest, TemplateVersion,
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    args::Connection,
    client::{Client, segment},
    failure::Failure,
};

#[derive(Debug, Args)]
pub(crate) struct TemplateArguments {
    #[command(subcommand)]
    action: TemplateAction,
}

#[derive(Debug, Subcommand)]
enum TemplateAction {
    /// Saves a template from a file: {"default": {FCM message}, "locales": {"ru": {…}}}.
    Put(PutArguments),
    /// Lists the templates of an app.
    List(ListArguments),
    /// Prints a template as it was saved.
    Show(ShowArguments),
    /// Prints the message that a phone would get.
    Preview(PreviewArguments),
    /// Deletes a template. Messages that were accepted with it are sent.
    Delete(OneTemplate),
}

#[derive(Debug, Args)]
struct OneTemplate {
    /// The app.
    #[arg(long, value_name = "ID")]
    app: String,
    /// The template.
    template: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct PutArguments {
    #[command(flatten)]
    one: OneTemplate,
    /// Its JSON.
    file: PathBuf,
}

#[derive(Debug, Args)]
struct ListArguments {
    /// The app.
    #[arg(long, value_name = "ID")]
    app: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct ShowArguments {
    #[command(flatten)]
    one: OneTemplate,
    /// A version before the newest.
    #[arg(long, value_name = "N")]
    version: Option<u64>,
}

#[derive(Debug, Args)]
struct PreviewArguments {
    #[command(flatten)]
    one: OneTemplate,
    /// The phone's locale, such as ru-RU.
    #[arg(long, value_name = "L")]
    locale: Option<String>,
    /// Parameters as a JSON object.
    #[arg(long, value_name = "JSON")]
    params: Option<String>,
}

pub(crate) async fn run(arguments: TemplateArguments) -> Result<(), Failure> {
    match arguments.action {
        TemplateAction::Put(arguments) => put(arguments).await,
        TemplateAction::List(arguments) => list(arguments).await,
        TemplateAction::Show(arguments) => show(arguments).await,
        TemplateAction::Preview(arguments) => preview(arguments).await,
        TemplateAction::Delete(arguments) => delete(arguments).await,
    }
}

fn path(one: &OneTemplate) -> String {
    format!("/v1/apps/{}/templates/{}", segment(&one.app), segment(&one.template))
}

async fn put(arguments: PutArguments) -> Result<(), Failure> {
    let client = Client::new(&arguments.one.connection)?;
    let template = read_template(&arguments.file)?;
    let saved: TemplateInfo = client.put(&path(&arguments.one), &template).await?;
    anstream::println!("{}  version {}", saved.id, saved.version);
    Ok(())
}

fn read_template(file: &Path) -> Result<TemplateRequest, Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("cannot read the template in {shown}: {error}")))?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("{shown} is no template: {error}")).next(
            r#"write it as {"default": {"notification": {"title": "{{ name }}"}}, "locales": {"ru": {…}}}"#,
        )
    })
}

async fn list(arguments: ListArguments) -> Result<(), Failure> {
    let client = Client::new(&arguments.connection)?;
    let list: TemplateList = client.get(&format!("/v1/apps/{}/templates", segment(&arguments.app))).await?;
    for one in list.templates {
        anstream::println!("{}  version {}  saved {}", one.id, one.version, one.created_at);
    }
    Ok(())
}

async fn show(arguments: ShowArguments) -> Result<(), Failure> {
    let client = Client::new(&arguments.one.connection)?;
    let query = arguments.version.map(|version| format!("?version={version}")).unwrap_or_default();
    let found: TemplateVersion = client.get(&format!("{}{query}", path(&arguments.one))).await?;
    // Only the template on stdout: it can go into a file, be changed and put back.
    anstream::eprintln!("{}  version {}  saved {}", found.info.id, found.info.version, found.info.created_at);
    print_json(&found.template)
}

async fn preview(arguments: PreviewArguments) -> Result<(), Failure> {
    let client = Client::new(&arguments.one.connection)?;
    let params = arguments.params.as_deref().map(read_params).transpose()?.unwrap_or_default();
    let request = TemplatePreviewRequest { locale: arguments.locale, params };
    let shown: TemplatePreview = client.post(&format!("{}/preview", path(&arguments.one)), &request).await?;
    anstream::eprintln!("version {}, variant {}", shown.version, shown.variant);
    print_json(&shown.message)
}

async fn delete(arguments: OneTemplate) -> Result<(), Failure> {
    let client = Client::new(&arguments.connection)?;
    client.delete::<()>(&path(&arguments)).await?;
    anstream::println!("{}  deleted", arguments.template);
    Ok(())
}

/// Parameters as they stand on the command line.
pub(crate) fn read_params(text: &str) -> Result<Map<String, Value>, Failure> {
    serde_json::from_str(text).map_err(|error| {
        Failure::usage(format!("--params is no JSON object: {error}"))
            .next(r#"write it as --params '{"name": "Anna", "n": 2}'"#)
    })
}

fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::usage(format!("cannot be printed: {error}")))?;
    anstream::println!("{text}");
    Ok(())
}
