//! Which variant a phone gets.

/// The variant of whoever has none of his own. No locale has this name: its first part would be too long.
pub const DEFAULT: &str = "default";

/// The variant for a phone of `locale`: `ru-RU`, then `ru`, then the default. Case does not matter.
pub fn choose<'a, N>(names: impl Fn() -> N, locale: Option<&str>) -> &'a str
where
    N: Iterator<Item = &'a str>,
{
    let mut wanted = locale.unwrap_or_default();
    while !wanted.is_empty() {
        if let Some(name) = names().find(|name| is_same(name, wanted)) {
            return name;
        }
        wanted = wanted.rfind(['-', '_']).map_or("", |end| &wanted[..end]);
    }
    DEFAULT
}

/// One spelling of a locale. Android writes `ru_RU` in places.
pub(crate) fn normal_locale(locale: &str) -> String {
    locale.replace('_', "-").to_ascii_lowercase()
}

/// For every delivery, so nothing is allocated.
fn is_same(one: &str, other: &str) -> bool {
    let normal = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    one.bytes().map(normal).eq(other.bytes().map(normal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_gets_its_locale_then_its_language_then_the_default() {
        let names = ["pt-BR", "ru", "zh-Hant", "zh"];
        for (locale, chosen) in [
            (Some("ru-RU"), "ru"),
            (Some("RU"), "ru"),
            (Some("ru_RU"), "ru"),
            (Some("pt-BR"), "pt-BR"),
            (Some("pt_br"), "pt-BR"),
            (Some("pt-BR-x-shop"), "pt-BR"),
            (Some("pt"), DEFAULT),
            (Some("pt-PT"), DEFAULT),
            (Some("zh-Hant-TW"), "zh-Hant"),
            (Some("zh-Hans-CN"), "zh"),
            (Some("rue"), DEFAULT),
            (Some("en"), DEFAULT),
            (Some(""), DEFAULT),
            (Some("-"), DEFAULT),
            (Some("é-ru"), DEFAULT),
            (None, DEFAULT),
        ] {
            assert_eq!(choose(|| names.into_iter(), locale), chosen, "{locale:?}");
        }
    }
}
