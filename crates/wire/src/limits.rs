//! Every limit of the protocol, with its source.

/// Bytes of an address value. FCM's tokens are 140–180 today; Google asks to allow 4,096.
pub const ADDRESS_BYTES: usize = 4_096;
/// Bytes of an app id: it stands in every path and every metric label.
pub const APP_ID_BYTES: usize = 64;
/// Bytes of a user id. Ours: long enough for any e-mail address (254) or two UUIDs.
pub const USER_ID_BYTES: usize = 256;
/// Bytes of a login id. Ours: the core makes 22 characters.
pub const LOGIN_ID_BYTES: usize = 64;
/// Highest revision: the largest integer that every JSON reader keeps exactly (2⁵³−1).
pub const REVISION_MAX: u64 = (1 << 53) - 1;
/// Bytes of app version, OS version, locale and time zone. Ours.
pub const ATTRIBUTE_BYTES: usize = 64;
/// Tags of one installation. Ours: a segment stays answerable by an index.
pub const TAGS: usize = 64;
/// Bytes of one tag. Ours.
pub const TAG_BYTES: usize = 64;
/// Bytes of an Idempotency-Key. Ours: a UUID with a prefix has room.
pub const IDEMPOTENCY_KEY_BYTES: usize = 255;
/// Characters of an installation secret: 256 bits as base64url without padding.
pub const INSTALLATION_SECRET_CHARS: usize = 43;
/// Bytes of a request body, unless the operator says otherwise.
pub const BODY_BYTES: usize = 1_048_576;
/// Users named in one message. Ours: larger audiences are segments.
pub const USERS_PER_MESSAGE: usize = 10_000;
/// Values of one list of a segment. Ours.
pub const SEGMENT_VALUES: usize = 100;
/// Bytes of a template's id. Ours: it stands in a path.
pub const TEMPLATE_ID_BYTES: usize = 64;
/// Bytes of a template with all its variants, as JSON. Ours: it is read for every batch of deliveries that it fills.
pub const TEMPLATE_BYTES: usize = 65_536;
/// Variants of a template beside its default. Ours: every one is filled before a message is accepted.
pub const TEMPLATE_VARIANTS: usize = 100;
/// Bytes of the name of a variant: no language tag in use is longer.
pub const TEMPLATE_LOCALE_BYTES: usize = 35;
/// Templates of one app. Ours: their list is answered whole.
pub const TEMPLATES_PER_APP: usize = 1_000;
/// Bytes of one set of parameters, as JSON. Ours: twice what FCM takes of a message.
pub const PARAMS_BYTES: usize = 8_192;
/// Variants times users with parameters of their own, in one message. Ours: each is filled and checked before the answer.
pub const FILLINGS_PER_MESSAGE: usize = 50_000;
/// Receipts in one request. Ours: a batch fits the default body limit many times.
pub const RECEIPTS_PER_REQUEST: usize = 1_000;
/// Devices that a `multi` policy allows at most. Ours: keeps a bind's transaction short.
pub const MAX_DEVICES: u32 = 1_000;
