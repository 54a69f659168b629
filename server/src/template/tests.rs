//! Filling, its limits, and what is refused when a template is saved.

use serde_json::{Value, json};

use super::*;

fn params(json: &Value) -> Params {
    json.as_object().unwrap().clone()
}

fn fill(message: &Value, given: &Value) -> Result<Value, FillFault> {
    let environment = environment();
    CompiledVariant::new(&environment, message)?.fill(&Context::new(params(given)), &mut { FUEL_PER_MESSAGE })
}

fn fill_title(text: &str, given: &Value) -> Result<String, Why> {
    match fill(&json!({"title": text}), given) {
        Ok(filled) => Ok(filled["title"].as_str().unwrap().to_owned()),
        Err(fault) => Err(fault.why),
    }
}

fn save(template: &Value) -> Result<(), (String, String)> {
    let bytes = template.to_string().len();
    let template = serde_json::from_value(template.clone()).unwrap();
    check_template(&template, bytes).map_err(|fault| (fault.field, fault.detail))
}

#[test]
fn every_text_is_filled_and_nothing_else() {
    let message = json!({
        "notification": {"title": "{{ name }} <3 & \"{{ name }}\"", "body": "100 % {name} }}"},
        "data": {"{{ name }}": "{{ n }}", "list": "{{ items|tojson }}"},
        "android": {"notification": {"notification_count": 7, "sticky": true, "body_loc_args": ["{{ n }}", "b"]}},
        "webpush": {"notification": null},
    });
    let filled = fill(&message, &json!({"name": "Анна", "n": 2, "items": ["a", 1]})).unwrap();
    let expected = json!({
        "notification": {"title": "Анна <3 & \"Анна\"", "body": "100 % {name} }}"},
        "data": {"{{ name }}": "2", "list": "[\"a\", 1]"},
        "android": {"notification": {"notification_count": 7, "sticky": true, "body_loc_args": ["2", "b"]}},
        "webpush": {"notification": null},
    });
    assert_eq!(filled, expected);
}

#[test]
fn what_comes_of_a_text_is_a_text() {
    let sixty = (1..=60).map(|n| format!("{n}: ")).collect::<Vec<_>>().join(", ");
    for (text, given, filled) in [
        ("{{ n }}", json!({"n": 5}), "5"),
        ("{{ n }}", json!({"n": true}), "true"),
        ("{{ n.a }}", json!({"n": {"a": "{{ b }}"}, "b": 1}), "{{ b }}"),
        ("{{ n }}", json!({"n": 1.5}), "1.5"),
        ("{{ n }}", json!({"n": 18_446_744_073_709_551_615_u64}), "18446744073709551615"),
        ("{{ n }}", json!({"n": "\",\"x\":{"}), "\",\"x\":{"),
        ("{{ n }}\n", json!({"n": ""}), "\n"),
        ("{% if n > 1 %}{{ n }} items{% else %}one{% endif %}", json!({"n": 2}), "2 items"),
        ("{% for i in n %}{{ i.a|upper }},{% endfor %}", json!({"n": [{"a": "x"}, {"a": "y"}]}), "X,Y,"),
        ("{{ n|default('you') }}", json!({}), "you"),
        ("{{ n|default('you') }}", json!({"n": null}), "you"),
        ("{{ n.a|default('you') }}", json!({"n": {"a": null}}), "you"),
        ("{% if n is defined %}{{ n }}{% else %}none{% endif %}", json!({"n": null}), "none"),
        ("{{ n|tojson }}", json!({"n": {"a": null, "b": [true, 1, 0.5]}}), "{\"b\": [true, 1, 0.5]}"),
        ("{{ n|join(',') }}", json!({"n": ["a", null, "b"]}), "a,,b"),
        // A list as long as anybody reads.
        (
            "{% for i in range(60) %}{{ loop.index }}: {{ n[0].a|upper }}{% if not loop.last %}, {% endif %}{% endfor %}",
            json!({"n": [{"a": ""}]}),
            &sixty,
        ),
        ("{{ '{{' }}", json!({}), "{{"),
    ] {
        assert_eq!(fill_title(text, &given).as_deref(), Ok(filled), "{text} {given}");
    }
}

#[test]
fn what_is_not_given_or_null_is_missing_by_its_name() {
    for (text, given, name) in [
        ("{{ name }}", json!({}), "name"),
        ("{{ name }}", json!({"name": null}), "name"),
        ("{{ a }} {{ b }}", json!({"a": 1}), "b"),
        ("{{ order.total }}", json!({"order": {}}), "order.total"),
        ("{{ order.total }}", json!({}), "order.total"),
        ("{{ order.total }}", json!({"order": {"total": null}}), "order.total"),
        ("{% for i in items %}{{ i }}{% endfor %}", json!({}), "items"),
        ("{{ name|upper }}", json!({}), "name"),
        ("{% if name %}x{% endif %}", json!({}), "name"),
        // However it is used.
        ("{{ name|upper }}", json!({"name": null}), "name"),
        ("{{ 'Hi ' ~ name }}", json!({"name": null}), "name"),
        ("{{ order.total|int + 1 }}", json!({"order": {"total": null}}), "order.total"),
        ("{% for i in items %}{{ i }}{% endfor %}", json!({"items": null}), "items"),
        // What is optional, or the engine's own, is not blamed.
        ("{{ name|default('you') }}, {{ order }}", json!({}), "order"),
        ("{{ alias|default('you') }}, {{ order.id }}", json!({"order": {}}), "order.id"),
        ("{% if a is defined %}{{ a }}{% endif %}{{ z }}", json!({}), "z"),
        ("{% for i in range(3) %}{{ z }}{% endfor %}", json!({}), "z"),
        ("{{ a|default(1) }}{% for i in items %}{{ i + 1 }}{% endfor %}", json!({}), "items"),
    ] {
        assert_eq!(fill_title(text, &given), Err(Why::Missing(name.to_owned())), "{text} {given}");
    }
    let fault = fill(&json!({"a": [{"b": "{{ x }}"}]}), &json!({})).unwrap_err();
    assert_eq!(fault.at, "a[0].b");
    for given in [json!([1]), json!({"a": 1})] {
        assert!(
            matches!(fill_title("{{ n }}", &json!({"n": given})), Err(Why::Wrong(_))),
            "Python's way to print"
        );
    }
    for text in ["{{ items[3] }}", "{{ name|default('you') }}{{ items[3] }}"] {
        let filled = fill_title(text, &json!({"items": []}));
        assert!(matches!(filled, Err(Why::Wrong(_))), "{text}: {filled:?}");
    }
    // In a list, too.
    for text in [
        "{{ items[0] }}",
        "{% for i in items %}{{ i }}{% endfor %}",
        "{{ items[0]|upper }}",
        "{{ 'x' ~ items[0] }}",
    ] {
        assert!(fill_title(text, &json!({"items": [null]})).is_err(), "{text}");
    }
    // Either of them would do.
    assert_eq!(
        fill_title("{% if a is defined %}x{% else %}{{ b }}{% endif %}", &json!({})),
        Err(Why::MissingOneOf(vec!["a".to_owned(), "b".to_owned()]))
    );
}

/// Neither time nor memory is anybody's to use up.
#[test]
fn what_takes_too_long_or_becomes_too_much_ends() {
    let long = "x".repeat(8_000);
    for text in [
        "{% for a in range(100000) %}{% endfor %}",
        "{% for a in range(500) %}{% for b in range(500) %}{% endfor %}{% endfor %}",
        "{% for a in range(5000) %}{{ long }}{% endfor %}",
        "{% set ns = namespace(s='x') %}{% for a in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
    ] {
        assert_eq!(fill_title(text, &json!({"long": long})), Err(Why::TooMuch), "{text}");
    }
    for text in ["{{ 'x' * 1000000000 }}", "{{ range(1000000000)|join }}", "{{ 'x'|center(1000000000) }}"] {
        assert!(fill_title(text, &json!({})).is_err(), "{text}");
    }
    // Of many texts, too: each alone would pass.
    let text = "{% for a in range(300) %}{% endfor %}";
    assert!(fill_title(text, &json!({})).is_ok());
    let many = json!({"data": (0..10).map(|n| (n.to_string(), Value::from(text))).collect::<Params>()});
    assert_eq!(fill(&many, &json!({})).unwrap_err().why, Why::TooMuch);
}

#[test]
fn what_a_message_may_cost_is_counted_over_all_its_fillings() {
    let (environment, message) = (environment(), json!({"title": "{% for a in range(100) %}{% endfor %}"}));
    let variant = CompiledVariant::new(&environment, &message).unwrap();
    let (mut fuel, nothing) = (2_000, Context::new(Params::new()));
    let fillings = (0..1_000).take_while(|_| variant.fill(&nothing, &mut fuel).is_ok()).count();
    assert!((1..20).contains(&fillings), "{fillings}");
    assert_eq!(fuel, 0);
}

/// And the parameters count too: they are read and merged for every filling.
#[test]
fn large_parameters_cost_something() {
    let (environment, message) = (environment(), json!({"title": "fixed"}));
    let variant = CompiledVariant::new(&environment, &message).unwrap();
    let cost = |given: Value| {
        let mut fuel = 1_000;
        variant.fill(&Context::new(params(&given)), &mut fuel).unwrap();
        1_000 - fuel
    };
    assert_eq!(cost(json!({})), 1);
    let large = cost(json!({"a": "x".repeat(4_000), "b": {"c": ["y".repeat(4_000)]}}));
    assert!((120..140).contains(&large), "{large}");
}

/// A loop that calls itself, and brackets in brackets: both end, and neither takes the stack.
#[test]
fn recursion_ends() {
    let tree = (0..100).fold(json!([]), |inner, _| json!([inner]));
    let recursive = "{% for a in tree recursive %}{{ loop(a) }}{% endfor %}";
    assert!(fill_title(recursive, &json!({"tree": tree})).is_err());
    let nested = format!("{{{{ {}1{} }}}}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(matches!(fill_title(&nested, &json!({})), Err(Why::Wrong(_))));
    let loops = format!("{}{}", "{% for a in [1] %}".repeat(100), "{% endfor %}".repeat(100));
    assert!(fill_title(&loops, &json!({})).is_err());
}

#[test]
fn nothing_reaches_files_or_other_templates() {
    for text in [
        "{% include '/etc/passwd' %}",
        "{% extends 'x' %}",
        "{% import 'x' as y %}",
        "{% macro a() %}{% endmacro %}",
    ] {
        assert!(matches!(fill_title(text, &json!({})), Err(Why::Wrong(_))), "{text}");
    }
}

#[test]
fn own_parameters_go_over_the_shared_ones_name_by_name() {
    let both = merged(&params(&json!({"a": 1, "b": {"x": 1}})), &params(&json!({"b": {"y": 2}, "c": null})));
    assert_eq!(Value::Object(both), json!({"a": 1, "b": {"y": 2}, "c": null}));
}

#[test]
fn a_sound_template_is_saved() {
    let title = json!({"notification": {"title": "{{ name }}"}, "android": {"ttl": "{{ hours * 3600 }}s"}});
    save(&json!({"default": title, "locales": {"ru": title, "pt-BR": title, "zh-Hant": {}, "sr_Latn_RS": title}}))
        .unwrap();
    // What stands for a text is not taken for one.
    save(&json!({"default": {"notification": {"title_loc_key": "{{ key }}", "title_loc_args": ["a"]}}}))
        .unwrap_err();
    for android in [
        json!({"notification": {"title_loc_key": "{{ key }}", "title_loc_args": ["a"]}}),
        // Neither is what was wrong with it as it stood, nor is a text as long as its template.
        json!({"notification": {"light_settings": {
            "color": {"red": 1, "green": 1, "blue": 1, "alpha": 1},
            "light_on_duration": "{{ on }}s", "light_off_duration": "1s"}}}),
        json!({"data": {"a": format!("{{% if b %}}{0}{{% else %}}{0}{{% endif %}}", "x".repeat(2_100))}}),
    ] {
        save(&json!({"default": {"android": android}})).unwrap();
    }
}

/// A save is checked in a bounded time; as many short texts as there can be, and a loop in each language, are fine.
#[test]
fn a_template_of_many_loops_is_not_saved() {
    let of = |text: &str, count: usize| {
        let texts: Params = (0..count).map(|n| (format!("k{n:04}"), Value::from(text))).collect();
        json!({"default": {"data": texts}})
    };
    let endless = "{%for a in range(9999)%}{%endfor%}";
    let (field, detail) = save(&of(endless, 1_300)).unwrap_err();
    let number: usize = field.strip_prefix("default.data.k").unwrap().parse().unwrap();
    assert!((200..400).contains(&number), "{field}: {detail}");
    assert!(detail.contains("too much work"), "{detail}");
    // One that fails at its end has taken as much.
    let failing = save(&of("{%for a in range(300)%}{%endfor%}{{ a + 1 }}", 1_000)).unwrap_err();
    assert!(failing.1.contains("too much work"), "{failing:?}");
    let short = save(&of("{{a}}", 3_000));
    assert!(short.is_ok() || short.unwrap_err().0 == "default");
    let many: Params = (0..100).map(|n| (format!("ru-{n}"), json!({"data": {"a": endless}}))).collect();
    save(&json!({"default": {}, "locales": many})).unwrap();
}

#[test]
fn what_is_no_template_is_refused_by_its_place() {
    let title = |text: &str| json!({"default": {"notification": {"title": text}}});
    for text in [
        "{{ name",
        "{% if a %}",
        "{{ a b }}",
        "{% endfor %}",
        "{{ a|uper }}",
        "{{ a is odder }}",
        "{{ now() }}",
    ] {
        let (field, detail) = save(&title(text)).unwrap_err();
        assert_eq!(field, "default.notification.title", "{text}");
        assert!(detail.contains("{{ name }}"), "says how to mend it: {detail}");
    }
    let empty = json!({});
    for (template, field) in [
        (json!({"default": {"data": {"a": "{{"}}}), "default.data.a"),
        (json!({"default": {"apns": {"payload": {"x": ["a", "{{"]}}}}), "default.apns.payload.x[1]"),
        (json!({"default": empty, "locales": {"ru": {"data": {"a": "{{"}}}}), "locales.ru.data.a"),
        (json!({"default": empty, "locales": {"ru": empty, "RU": empty}}), "locales.ru"),
        (json!({"default": empty, "locales": {"default": empty}}), "locales.default"),
        (json!({"default": empty, "locales": {"": empty}}), "locales."),
        (json!({"default": empty, "locales": {"русский": empty}}), "locales.русский"),
        (json!({"default": empty, "locales": {"ru-": empty}}), "locales.ru-"),
        (json!({"default": {"notificaton": {"title": "{{ a }}"}}}), "default"),
        (json!({"default": {"data": {"a": "{{ a }}", "n": 1}}}), "default.data[1].value"),
        (json!({"default": {"data": {"pb_msg": "{{ a }}"}}}), "default.data"),
        (json!({"default": empty, "locales": {"ru": {"token": "x"}}}), "locales.ru.token"),
        (json!({"default": {"data": {"a": "x".repeat(4_097), "b": "{{ b }}"}}}), "default"),
        (json!({"default": {"data": {"a": "{{ a }}".repeat(10_000)}}}), "."),
    ] {
        let shown: String = template.to_string().chars().take(100).collect();
        assert_eq!(save(&template).map_err(|(field, _)| field), Err(field.to_owned()), "{shown}");
    }
    let many: serde_json::Map<_, _> = (0..101).map(|n| (format!("ru-{n}"), json!({}))).collect();
    assert_eq!(save(&json!({"default": {}, "locales": many})).unwrap_err().0, "locales");
}

#[test]
fn a_kept_template_is_filled_as_it_was_checked() {
    let body =
        json!({"default": {"data": {"a": "{{ a }}"}}, "locales": {"ru": {"data": {"a": "ру {{ a }}"}}}});
    let variants = std::sync::Arc::new(Variants::read(&body.to_string()).unwrap());
    assert_eq!(variants.names().collect::<Vec<_>>(), ["default", "ru"]);
    let filled = |own: Option<&str>| {
        let name = variants.choose(Some("ru-RU")).to_owned();
        let (shared, own) = (r#"{"a":"1"}"#.into(), own.map(str::to_owned));
        FilledVariant { variants: variants.clone(), name, shared, own }.message()
    };
    let text = |own| serde_json::to_value(filled(own).unwrap()).unwrap()["data"]["a"].clone();
    assert_eq!((text(None), text(Some(r#"{"a":"2"}"#))), (json!("ру 1"), json!("ру 2")));
    assert!(filled(Some(r#"{"a":null}"#)).is_err());
    assert!(filled(Some("nonsense")).is_err());
}

/// An answer ends in the log of whoever called, and the engine tells what it could not calculate.
#[test]
fn what_is_wrong_quotes_no_parameter() {
    let card = json!({"card": 1_701_411_834_604_692_u64, "name": "Anna"});
    for text in ["{{ card ** card }}", "{{ card // 0 }}", "{{ name + 1 }}", "{{ name|int }}"] {
        let Err(Why::Wrong(words)) = fill_title(text, &card) else { panic!("{text}") };
        assert!(!words.contains("1701411834604692") && !words.contains("Anna"), "{text}: {words}");
    }
}
