//! Numbers as proto3 JSON reads them: a 32-bit integer may come as `3`, `3.0` or `"3"`.

use serde::{Deserialize, Deserializer, Serialize, de};

/// A 32-bit integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Int32(pub i32);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Whole(i64),
    Fraction(f64),
    Text(String),
}

impl<'de> Deserialize<'de> for Int32 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let invalid = || de::Error::custom("expected a 32-bit integer");
        let whole = match Written::deserialize(from).map_err(|_| invalid())? {
            Written::Whole(number) => number,
            // The cast saturates, and what it saturates to is out of an i32's range.
            Written::Fraction(number) if number.fract() == 0.0 => number as i64,
            Written::Fraction(_) => return Err(invalid()),
            Written::Text(text) => text.parse().map_err(|_| invalid())?,
        };
        i32::try_from(whole).map(Self).map_err(|_| invalid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_32_bit_integer_is_read_from_a_number_or_a_string() {
        for (written, read) in [
            (json!(3), Some(3)),
            (json!(-3), Some(-3)),
            (json!(3.0), Some(3)),
            (json!("3"), Some(3)),
            (json!(3.5), None),
            (json!("x"), None),
            (json!(2_147_483_648_i64), None),
            (json!(true), None),
        ] {
            let number = Int32::deserialize(&written).ok().map(|number| number.0);
            assert_eq!(number, read, "{written}");
        }
    }
}
