//! A message that fills a template: every variant is filled with the parameters of everybody, before it is accepted.
//!
//! So a parameter that is missing, or a text that becomes too long, is told once and at once, and not by a million
//! deliveries. The dispatcher fills what a phone gets by the same code, with the same version and parameters.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use pushbridge_fcm::{Message, PayloadError, validate};
use pushbridge_wire::{AppId, MessageId, TemplateRef, To, UserId, UserTarget, limits};
use serde_json::Value;

use super::{Audience, IntakeError, payload::room_for_keys};
use crate::{
    app::App,
    store::{AppNo, NewContent, StoreError, TemplateRow},
    template::{
        CompiledVariant, Context, DEFAULT, FUEL_PER_MESSAGE, FillFault, Params, Variants, Why, environment,
        merged,
    },
};

/// Fillings that are made on the spot. Ours: a millisecond or two.
const FILLED_AT_ONCE: usize = 20;

/// What of a template is to be filled with what.
struct Filling {
    row: TemplateRow,
    variants: Variants,
    /// The variants that some phone may get.
    names: Vec<String>,
    shared: Params,
    /// Whether somebody gets it with nothing but `shared`.
    shared_alone: bool,
    own: Vec<Own>,
    room: usize,
}

/// Parameters of one user.
struct Own {
    /// Where he stands in the list.
    index: usize,
    user: UserId,
    params: Params,
}

/// Finds the template and fills every variant that may be sent, with the parameters of everybody.
pub(super) async fn fill_template(
    app: &App,
    no: AppNo,
    (template, to): (&TemplateRef, &To),
    (audience, room): (&Audience, usize),
) -> Result<NewContent, IntakeError> {
    let row = app.store.find_template(no, template.id.clone(), None).await?.ok_or_else(|| {
        IntakeError::field(
            "template.id",
            "the app has no template of this id: save it with PUT …/templates/{id}",
        )
    })?;
    let variants = Variants::read(&row.body).map_err(|_| StoreError::BadRow("template"))?;
    check_size("template.params", &template.params)?;
    let (own, shared_alone) = read_own(to)?;
    // An address, a topic or a condition has no locale.
    let names = if audience.has_zones() {
        variants.names().map(str::to_owned).collect()
    } else {
        vec![DEFAULT.to_owned()]
    };
    let filling = Filling { row, variants, names, shared: template.params.clone(), shared_alone, own, room };
    filling.check_count()?;
    let filling = if filling.count() <= FILLED_AT_ONCE {
        filling.check()?;
        filling
    } else {
        // One at a time, and not on a thread that answers others.
        let turn = Arc::clone(&app.fillings).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let checked = tokio::task::spawn_blocking(move || {
            // Held to the end, whether the caller waits for it or has gone away.
            let _turn = turn;
            filling.check().map(|()| filling)
        });
        checked.await.map_err(|ended| match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => StoreError::Closed,
        })??
    };
    filling.into_content()
}

/// Refuses parameters of single users where there is no template.
pub(super) fn refuse_params(to: &To) -> Result<(), IntakeError> {
    let To::Users(targets) = to else { return Ok(()) };
    match targets.iter().position(|target| matches!(target, UserTarget::WithParams { .. })) {
        Some(index) => {
            let detail = "parameters fill a template: name one in template.id instead of giving a message";
            Err(IntakeError::field(format!("to.users[{index}].params"), detail))
        }
        None => Ok(()),
    }
}

/// The audience without parameters: they are kept elsewhere, where the person that they name can have them erased.
pub(super) fn without_params(to: &To) -> To {
    match to {
        To::Users(targets) => To::Users(
            targets
                .iter()
                .map(|target| match target {
                    UserTarget::Id(id) | UserTarget::WithParams { id, .. } => UserTarget::Id(id.clone()),
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Who has parameters of his own, each once, and whether anybody has none.
fn read_own(to: &To) -> Result<(Vec<Own>, bool), IntakeError> {
    let To::Users(targets) = to else { return Ok((Vec::new(), true)) };
    let (mut own, mut shared_alone, mut seen) = (Vec::new(), false, HashMap::new());
    for (index, target) in targets.iter().enumerate() {
        let (user, params) = match target {
            UserTarget::Id(user) => (user, None),
            UserTarget::WithParams { id, params } => (id, Some(params)),
        };
        match seen.entry(user) {
            Entry::Occupied(first) if *first.get() == params => continue,
            Entry::Occupied(_) => {
                let field = format!("to.users[{index}]{}", if params.is_some() { ".params" } else { "" });
                let detail = "this user stands in the list before with other parameters: name him once";
                return Err(IntakeError::field(field, detail));
            }
            Entry::Vacant(place) => place.insert(params),
        };
        match params {
            None => shared_alone = true,
            Some(params) => {
                check_size(&format!("to.users[{index}].params"), params)?;
                own.push(Own { index, user: user.clone(), params: params.clone() });
            }
        }
    }
    Ok((own, shared_alone))
}

fn check_size(field: &str, params: &Params) -> Result<(), IntakeError> {
    let bytes = as_text(params).len();
    if bytes <= limits::PARAMS_BYTES {
        return Ok(());
    }
    let detail = format!("at most {} bytes as JSON; these are {bytes}", limits::PARAMS_BYTES);
    Err(IntakeError::field(field, detail))
}

fn as_text(params: &Params) -> String {
    // A map of JSON values is JSON: serialising cannot fail.
    serde_json::to_string(params).unwrap_or_default()
}

impl Filling {
    fn count(&self) -> usize {
        self.names.len() * (self.own.len() + usize::from(self.shared_alone))
    }

    fn check_count(&self) -> Result<(), IntakeError> {
        if self.count() <= limits::FILLINGS_PER_MESSAGE {
            return Ok(());
        }
        let detail = format!(
            "{} users with parameters of their own, in {} variants, are more than {} fillings: send several messages",
            self.own.len(),
            self.names.len(),
            limits::FILLINGS_PER_MESSAGE
        );
        Err(IntakeError::field("to.users", detail))
    }

    fn check(&self) -> Result<(), IntakeError> {
        let mut fuel = FUEL_PER_MESSAGE;
        let environment = environment();
        let messages = self.names.iter().map(|name| Ok((name.as_str(), self.message(name)?)));
        let messages: Vec<_> = messages.collect::<Result<_, IntakeError>>()?;
        let compiled = messages.iter().map(|(name, message)| {
            Ok((*name, self.compile(name, CompiledVariant::new(&environment, message))?))
        });
        let variants: Vec<_> = compiled.collect::<Result<_, IntakeError>>()?;
        let mut check = |params, place: &dyn Fn() -> String| {
            let context = Context::new(params);
            for (name, variant) in &variants {
                fill_checked(variant, &context, self.room, &mut fuel)
                    .map_err(|refusal| refusal.at(&place(), name))?;
            }
            Ok::<_, IntakeError>(())
        };
        if self.shared_alone {
            check(self.shared.clone(), &|| "template.params".to_owned())?;
        }
        for Own { index, params, .. } in &self.own {
            check(merged(&self.shared, params), &|| format!("to.users[{index}].params"))?;
        }
        Ok(())
    }

    fn message(&self, name: &str) -> Result<Value, IntakeError> {
        self.variants.message(name).map_err(|_| StoreError::BadRow("template").into())
    }

    /// It was compiled when it was saved, perhaps by an older version of the server.
    fn compile<'e>(
        &self,
        name: &str,
        compiled: Result<CompiledVariant<'e>, FillFault>,
    ) -> Result<CompiledVariant<'e>, IntakeError> {
        compiled.map_err(|fault| {
            let detail = format!(
                "version {} of it is no template for this version of the server, in the variant {name} at {}: save it again",
                self.row.info.version, fault.at
            );
            IntakeError::field("template.id", detail)
        })
    }

    fn into_content(self) -> Result<NewContent, IntakeError> {
        let own = self.own.into_iter().map(|own| (own.user, as_text(&own.params))).collect();
        Ok(NewContent::Template { version: self.row.no, params: as_text(&self.shared), own })
    }
}

/// Why a variant with these parameters cannot be sent.
enum Refusal {
    Fault(FillFault),
    Payload(PayloadError),
}

fn fill_checked(
    variant: &CompiledVariant<'_>,
    context: &Context,
    room: usize,
    fuel: &mut u64,
) -> Result<Message, Refusal> {
    let filled = variant.fill(context, fuel).map_err(Refusal::Fault)?;
    validate(&filled, room).map_err(Refusal::Payload)
}

impl Refusal {
    /// As the fault of the parameters at `place`.
    fn at(self, place: &str, variant: &str) -> IntakeError {
        match self {
            Self::Fault(FillFault { at, why }) => {
                let (field, what) = match why {
                    Why::Missing(name) => {
                        (format!("{place}.{name}"), "is not given, or null, and is needed".to_owned())
                    }
                    Why::MissingOneOf(names) => {
                        let what = format!("lack one of {}, not given or null and used", names.join(", "));
                        (place.to_owned(), what)
                    }
                    Why::TooMuch => {
                        (place.to_owned(), "are too much to fill, or too many users' at once,".to_owned())
                    }
                    Why::Wrong(words) => (place.to_owned(), format!("do not fit ({words})")),
                };
                IntakeError::field(field, format!("{what} by the variant {variant} at {at}"))
            }
            Self::Payload(mut payload) => {
                let wrong = &mut payload.first;
                wrong.description = format!(
                    "fill the variant {variant} so that {} is refused: {}",
                    wrong.field, wrong.description
                );
                wrong.field = place.to_owned();
                IntakeError::Payload(payload)
            }
        }
    }
}

/// What a phone of `locale` would get of a template: the variant's name and its message.
///
/// # Errors
/// As when a message is accepted, with the place `params`.
pub fn preview_template(
    app: &AppId,
    row: &TemplateRow,
    locale: Option<&str>,
    params: &Params,
) -> Result<(String, Message), IntakeError> {
    check_size("params", params)?;
    let variants = Variants::read(&row.body).map_err(|_| StoreError::BadRow("template"))?;
    let name = variants.choose(locale).to_owned();
    let (environment, message) =
        (environment(), variants.message(&name).map_err(|_| StoreError::BadRow("template"))?);
    let variant = CompiledVariant::new(&environment, &message).map_err(|_| StoreError::BadRow("template"))?;
    // As long as every id of a message is.
    let id: MessageId = format!("msg_{}", "0".repeat(32)).parse().map_err(|_| StoreError::BadRow("id"))?;
    let filled = fill_checked(&variant, &Context::new(params.clone()), room_for_keys(app, &id, true), &mut {
        FUEL_PER_MESSAGE
    });
    Ok((name.clone(), filled.map_err(|refusal| refusal.at("params", &name))?))
}
