//! Single values of proto3 JSON. In: a JSON value and its kind. Out: the canonical value, or the type's name as Google
//! writes it in an error. Next: `read`.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::send::json::Json;
use crate::send::schema::{EnumType, Kind};

/// Reads `json` as `kind`. The error is the expected type in Google's words.
pub(crate) fn read(json: &Json<'_>, kind: &Kind) -> Result<Value, String> {
    match kind {
        Kind::String => match json {
            Json::String(text) => Ok(json!(text)),
            _ => Err("(TYPE_STRING)".into()),
        },
        Kind::Bool => match json {
            Json::Bool(value) => Ok(json!(value)),
            _ => Err("(TYPE_BOOL)".into()),
        },
        Kind::Int32 => read_int32(json).ok_or_else(|| "(TYPE_INT32)".into()),
        Kind::Float => read_float(json).ok_or_else(|| "(TYPE_FLOAT)".into()),
        Kind::Duration => match json {
            Json::String(text) if parse_duration(text).is_some() => Ok(json!(text)),
            _ => Err(proto("google.protobuf.Duration")),
        },
        Kind::Timestamp => match json {
            Json::String(text) if text.parse::<Timestamp>().is_ok() => Ok(json!(text)),
            _ => Err(proto("google.protobuf.Timestamp")),
        },
        Kind::Enum(enum_type) => read_enum(json, enum_type).ok_or_else(|| proto(enum_type.proto)),
        Kind::Message(message_type) => Err(proto(message_type.proto)),
        Kind::Free => Err(proto("google.protobuf.Struct")),
        Kind::StringMap => Err("(Map)".into()),
        Kind::List(_) => Err("(List)".into()),
    }
}

fn proto(name: &str) -> String {
    format!("(type.googleapis.com/{name})")
}

/// A number without a fraction, or the same as text: proto JSON takes both.
fn read_int32(json: &Json<'_>) -> Option<Value> {
    let number = match json {
        Json::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?))?,
        Json::String(text) => text.parse().ok()?,
        _ => return None,
    };
    i32::try_from(number).ok().map(|number| json!(number))
}

fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64)
}

fn read_float(json: &Json<'_>) -> Option<Value> {
    match json {
        Json::Number(number) => Some(json!(number)),
        Json::String(text) => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|n| json!(n)),
        _ => None,
    }
}

/// A name in any case (the SDKs write `"high"`), or its number.
fn read_enum(json: &Json<'_>, enum_type: &EnumType) -> Option<Value> {
    let name = match json {
        Json::String(text) => enum_type.names.iter().find(|name| name.eq_ignore_ascii_case(text)),
        Json::Number(number) => enum_type.names.get(usize::try_from(number.as_u64()?).ok()?),
        _ => None,
    };
    name.map(|name| json!(name))
}

/// `"3.5s"` as nanoseconds: whole seconds and up to nine digits, with a sign for what `rules` refuses later.
pub(crate) fn parse_duration(text: &str) -> Option<i128> {
    let number = text.strip_suffix('s')?;
    let (negative, number) = match number.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, number),
    };
    let (seconds, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // Twelve digits hold every protobuf duration (10,000 years).
    if !digits(seconds) || !digits(fraction) || seconds.len() > 12 || fraction.len() > 9 {
        return None;
    }
    let nanos: i128 = format!("{fraction:0<9}").parse().ok()?;
    let total = seconds.parse::<i128>().ok()? * 1_000_000_000 + nanos;
    Some(if negative { -total } else { total })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds_with_up_to_nine_digits() {
        assert_eq!(parse_duration("3600s"), Some(3_600_000_000_000));
        assert_eq!(parse_duration("3.500000000s"), Some(3_500_000_000));
        assert_eq!(parse_duration("3.000000001s"), Some(3_000_000_001));
        assert_eq!(parse_duration("-1s"), Some(-1_000_000_000));
        for bad in ["3600", "s", "1h", "1.s", ".5s", "1.0000000001s", "+1s", "1e3s", " 1s", "--1s"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_may_be_text_and_enums_may_be_in_any_case() {
        let priority = EnumType { proto: "p", names: &["NORMAL", "HIGH"] };
        let text = |text: &'static str| Json::String(text.into());
        let number = |number: f64| Json::Number(serde_json::Number::from_f64(number).unwrap());
        assert_eq!(read_int32(&text("3")), Some(json!(3)));
        assert_eq!(read_int32(&number(3.0)), Some(json!(3)));
        assert_eq!(read_int32(&number(3.5)), None);
        assert_eq!(read_int32(&Json::Number(3_000_000_000_u64.into())), None);
        assert_eq!(read_enum(&text("high"), &priority), Some(json!("HIGH")));
        assert_eq!(read_enum(&Json::Number(0.into()), &priority), Some(json!("NORMAL")));
        assert_eq!(read_enum(&text("URGENT"), &priority), None);
        assert_eq!(read_float(&text("inf")), None);
    }
}
