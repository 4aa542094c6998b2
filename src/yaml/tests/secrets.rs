//! Secrets: out of the tree, the text and the warnings, and never in two places.

use super::super::{Document, Taken, canonical, line_column, take_secrets};
use super::{at, document};
use nickel::Value;

/// Secret are `key` anywhere, and everything below `all`.
fn is_secret(path: &[&str]) -> bool {
    path.last() == Some(&"key") || path.first() == Some(&"all")
}

fn take(text: &str) -> (Document, Taken) {
    let mut document = document(text);
    let taken = take_secrets(&mut document, text, &is_secret).expect("nothing is shared");
    (document, taken)
}

fn said(document: &Document) -> String {
    String::from_utf8(canonical(document)).expect("JSON is text")
}

fn values(taken: &Taken) -> Vec<(&str, &str)> {
    taken.values.iter().map(|(path, text)| (path.as_str(), text.expose())).collect()
}

#[test]
fn placeholders_are_of_the_same_kind() {
    let text = "a: {key: hünter2}\nb: {key: 017}\nc: {key: yes}\nd: {key: }\ne: {key: ' '}\n\
                f: {key: 1.5}\ng: {key: {x: [p, 1]}}\nh: [{key: q}]\ni: seen\n";
    let (document, taken) = take(text);
    assert_eq!(
        said(&document),
        r#"{"a":{"key":"secret"},"b":{"key":0},"c":{"key":false},"d":{"key":null},"e":{"key":" "},"f":{"key":0.0},"g":{"key":{}},"h":[{"key":"secret"}],"i":"seen"}"#
    );
    let wanted = [
        ("a.key", "hünter2"),
        ("b.key", "15"),
        ("c.key", "true"),
        ("f.key", "1.5"),
        ("g.key.x[0]", "p"),
        ("g.key.x[1]", "1"),
        ("h[0].key", "q"),
    ];
    assert_eq!(values(&taken), wanted);
    assert_eq!(
        taken.redacted_text,
        "a: {key: ********}\nb: {key: ***}\nc: {key: ***}\nd: {key: }\ne: {key: ' '}\n\
         f: {key: ***}\ng: {key: ***********}\nh: [{key: *}]\ni: seen\n"
    );
}

#[test]
fn lines_and_spans_stay() {
    let text = "key: |  # c\n  one\n  zwölf\n\na: \"é\"\nb:\n  key: 'x\n\n    y'\nc: 1\n";
    let (document, taken) = take(text);
    assert_eq!(taken.redacted_text.len(), text.len());
    assert_eq!(taken.redacted_text.lines().count(), text.lines().count());
    assert!(!taken.redacted_text.contains("one") && !taken.redacted_text.contains("zw"));
    let span = at(&document, "c").span;
    assert_eq!(&taken.redacted_text[span.start..span.end], "1");
    assert_eq!(line_column(&taken.redacted_text, span.start), (10, 4));
}

#[test]
fn what_is_secret_through_and_through_keeps_its_keys() {
    let (document, taken) = take("all:\n  user: u\n  password: p\n  more: {port: 1}\n");
    assert_eq!(
        said(&document),
        r#"{"all":{"more":{"port":0},"password":"secret","user":"secret"}}"#
    );
    assert_eq!(taken.redacted_text, "all:\n  user: *\n  password: *\n  more: {port: *}\n");
}

#[test]
fn a_rotated_secret_changes_no_canonical_bytes() {
    let (one, _) = take("a: {key: one}\n");
    let (other, _) = take("a: {key: 'another'}  # c\n");
    assert_eq!(said(&one), said(&other));
}

#[test]
fn secrets_that_stand_in_two_places_are_refused() {
    let shared = [
        ("x: &p hunter2\nkey: *p\n", "a secret cannot be an alias", 2),
        ("key: &p hunter2\n", "a secret cannot have an anchor", 1),
        ("key: {x: &p hunter2}\n", "a secret cannot have an anchor", 1),
        ("x: &p hunter2\nkey: [*p]\n", "a secret cannot be an alias", 2),
        ("a: &p {key: hunter2}\nb: *p\n", "a secret cannot stand in what an alias repeats", 1),
        ("a: &p {x: hunter2}\nb: {key: 1, <<: *p}\nall: *p\n", "a secret cannot be an alias", 3),
        (
            "a: &p {key: hunter2}\nb: {<<: *p}\n",
            "a secret cannot stand in what an alias repeats",
            1,
        ),
    ];
    for (text, message, line) in shared {
        let mut document = document(text);
        let problems = take_secrets(&mut document, text, &is_secret).expect_err(text);
        assert_eq!(problems[0].message, message, "{text}");
        assert_eq!(line_column(text, problems[0].span.start).0, line, "{text}");
        assert!(!format!("{problems:?}").contains("hunter2"));
    }
}

#[test]
fn an_anchor_around_a_secret_that_no_alias_uses_is_fine() {
    let (document, _) = take("a: &p {key: hunter2}\n");
    assert_eq!(said(&document), r#"{"a":{"key":"secret"}}"#);
}

#[test]
fn warnings_forget_secrets() {
    let (Document { warnings, .. }, _) = take("key: 017\na: 018_0\nb: 019\n");
    let told: Vec<_> = warnings.iter().map(|it| format!("{it:?}")).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(!told[0].contains("017") && !told[0].contains("15"), "{}", told[0]);
    assert!(told[1].contains("019"));
}

#[test]
fn a_secret_that_a_merge_key_brings_for_nothing_leaves_the_text() {
    let (_, taken) = take("a: {<<: {key: hunter2}, key: hunter3}\n");
    assert!(!taken.redacted_text.contains("hunter"), "{}", taken.redacted_text);
}

#[test]
fn secret_text_cannot_be_printed() {
    let (document, taken) = take("key: hunter2\n");
    assert!(!format!("{document:?} {taken:?}").contains("hunter2"));
    assert_eq!(at(&document, "key").value, Value::String("secret".to_owned()));
}
