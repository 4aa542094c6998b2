//! Whole files: what they say (recorded from PyYAML 6.0.3), and where in them it stands.

use nickel::{Node, Value};

use super::super::{Document, canonical, line_column, parse};
use super::{at, document};

/// A file, and what PyYAML makes of it as JSON.
const FILES: &[(&str, &str)] = &[
    ("a: 1\nb: two\n", r#"{"a":1,"b":"two"}"#),
    ("a:\n- 1\n- b: 2\n  c:\n  - 3\n", r#"{"a":[1,{"b":2,"c":[3]}]}"#),
    ("{a: 1, 'b': [x, y], \"c\":2, d: , e}\n", r#"{"a":1,"b":["x","y"],"c":2,"d":null,"e":null}"#),
    (
        "a: 'it''s'\nb: \"tab\\t\\x41\\u00e9 \\\n  joined\"\nc: \"folded\n  here\n\n  there\"\n",
        r#"{"a":"it's","b":"tab\tAé joined","c":"folded here\nthere"}"#,
    ),
    (
        "a: |\n  one\n   two\n\n  three\nb: |-\n  x\n\nc: |+\n  y\n\nd: e\n",
        r#"{"a":"one\n two\n\nthree\n","b":"x","c":"y\n\n","d":"e"}"#,
    ),
    (
        "a: >\n  one\n  two\n\n  three\n   more\n  end\nb: >-\n  x\n  y\n",
        r#"{"a":"one two\nthree\n more\nend\n","b":"x y"}"#,
    ),
    ("a: |2\n    x\n", r#"{"a":"  x\n"}"#),
    ("a: |\n  last", r#"{"a":"last"}"#),
    ("a: |+\n", r#"{"a":""}"#),
    ("a: >-\n  last", r#"{"a":"last"}"#),
    ("a: one\n  two\n\n  three # c\nb: x#y\n", r#"{"a":"one two\nthree","b":"x#y"}"#),
    (
        "a: http://x:1/y\nb: a:b\nc: -x\nd: [a:b]\n",
        r#"{"a":"http://x:1/y","b":"a:b","c":"-x","d":["a:b"]}"#,
    ),
    ("? a\n: b\n", r#"{"a":"b"}"#),
    ("'q' : 1\n\"r\": 2\n", r#"{"q":1,"r":2}"#),
    ("a: &x {p: 1}\nb: *x\nc: [*x, *x]\n", r#"{"a":{"p":1},"b":{"p":1},"c":[{"p":1},{"p":1}]}"#),
    (
        "base: &b {p: 1, q: 2}\na: {<<: *b, q: 3}\nc:\n  <<: [{p: 8}, {p: 9, r: 10}]\n  s: 0\n",
        r#"{"a":{"p":1,"q":3},"base":{"p":1,"q":2},"c":{"p":8,"r":10,"s":0}}"#,
    ),
    (
        "a: !!str 12\nb: !!int '017'\nc: !!float 3\nd: !!bool yes\ne: !!null ~\nf: !!str\n",
        r#"{"a":"12","b":15,"c":3.0,"d":true,"e":null,"f":""}"#,
    ),
    ("--- # c\na: 1\n...\n", r#"{"a":1}"#),
    ("%YAML 1.1\n---\na: 1\n", r#"{"a":1}"#),
    ("\u{feff}a: 1\n", r#"{"a":1}"#),
    ("a: 1\r\nb: x\r\n  y\r\nc: |\r\n  p\r\n  q\r\n", r#"{"a":1,"b":"x y","c":"p\nq\n"}"#),
    ("=: 1\n", r#"{"=":1}"#),
    ("a: [1, [2, {b: c}],\n  3 , ]\n", r#"{"a":[1,[2,{"b":"c"}],3]}"#),
    ("é: ü # ö\nb: \u{a0}x\n", r#"{"b":"<NB>x","é":"ü"}"#),
    ("- - 1\n  - 2\n-\n  - 3\n", "[[1,2],[3]]"),
    ("a: null\nb: ~\nc:\nd: ''\n", r#"{"a":null,"b":null,"c":null,"d":""}"#),
];

#[test]
fn files_say_what_they_say_to_pyyaml() {
    for (text, json) in FILES {
        let bytes = canonical(&document(text));
        let said = String::from_utf8(bytes).expect("JSON is text");
        assert_eq!(said, json.replace("<NB>", "\u{a0}"), "{text}");
    }
}

/// A file, a key path and the source of the value there.
const PLACES: &[(&str, &str, &str)] = &[
    ("a: x  # c\n", "a", "x"),
    ("a: x y  \n", "a", "x y"),
    ("a: 'x'  # c\n", "a", "'x'"),
    ("a: 'it''s' \n", "a", "'it''s'"),
    ("a: \"x\\\"\"   # c\nb: 1\n", "a", "\"x\\\"\""),
    ("# ö ü\nä: ß # é\nb: \"ñ\"  # é\nc: ÿ\n", "c", "ÿ"),
    ("# ö ü\nä: ß # é\nb: \"ñ\"  # é\nc: ÿ\n", "b", "\"ñ\""),
    ("\u{feff}a: é\nb: 1\n", "b", "1"),
    ("a: é\r\nb: 12 \r\n", "b", "12"),
    ("a: one\n  two # c\nb: 1\n", "a", "one\n  two"),
    ("a: | # c\n\n  one\n  two\n\nb: 1\n", "a", "| # c\n\n  one\n  two"),
    ("'|': >-\n  x\n# c\n", "|", ">-\n  x"),
    ("a: !!str |\n  x\n", "a", "|\n  x"),
    ("a: |\nb: 1\n", "a", "|"),
    ("a: {b: [1, 2] , c: 3}  # c\n", "a", "{b: [1, 2] , c: 3}"),
    ("a: {b: [1, 2] , c: 3}  # c\n", "a.b", "[1, 2]"),
    ("a:\n  b: 1\n  c: 2  # c\n\nd: 3\n", "a", "b: 1\n  c: 2"),
    ("a:\n- x\n-  y  # c\nb: 1\n", "a", "- x\n-  y"),
    ("a:\n- [x]\nb: 1\n", "a", "- [x]"),
    ("a:\n  - -1\n  - b: 2\nc: 1\n", "a", "- -1\n  - b: 2"),
    ("a: &x 1\nb: *x  # c\n", "b", "*x"),
    ("a: ~\n", "a", "~"),
    ("a:\nb: 1\n", "a", ""),
    ("a: [1\n, 2\n]\n", "a", "[1\n, 2\n]"),
];

#[test]
fn spans_hold_exactly_what_was_written() {
    for (text, path, source) in PLACES {
        let document = document(text);
        let span = at(&document, path).span;
        assert_eq!(&text[span.start..span.end], *source, "{path} of {text}");
    }
}

#[test]
fn keys_have_spans_too() {
    let text = "ä: 1\n'b c' : {d: 2}\n";
    let Some(Node { value: Value::Map(entries), .. }) = document(text).root else {
        unreachable!("it is a map");
    };
    let keys: Vec<_> = entries.iter().map(|it| &text[it.key_span.start..it.key_span.end]).collect();
    assert_eq!(keys, ["ä", "'b c'"]);
}

#[test]
fn a_value_that_is_not_written_stands_after_its_colon() {
    let document = document("a:   # c\nb: 1\n");
    assert_eq!(at(&document, "a").span, nickel::Span { start: 2, end: 2 });
}

#[test]
fn files_without_a_value_are_no_mistake() {
    for text in ["", "\n", "# only\n", "---\n", "\u{feff}", "--- # c\n...\n"] {
        assert!(document(text).root.is_none(), "{text}");
    }
    assert!(document("~\n").root.is_some());
}

#[test]
fn whole_numbers_are_exact() {
    let document = document("a: 9007199254740993\n");
    assert_eq!(at(&document, "a").value, Value::Integer(9_007_199_254_740_993));
}

#[test]
fn comments_layout_and_order_change_no_canonical_bytes() {
    let one = canonical(&document("b: [1, 2]\na: 'x' # c\n"));
    let other = canonical(&document("{a: x,\n b: [1,2]}"));
    assert_eq!(one, other);
    assert_ne!(one, canonical(&document("{a: x, b: [1, '2']}")));
}

#[test]
fn lines_and_columns_count_characters_from_one() {
    let text = "ab\néü\r\nc\rd";
    let places = [(0, (1, 1)), (3, (2, 1)), (5, (2, 2)), (9, (3, 1)), (11, (4, 1)), (99, (4, 2))];
    for (offset, place) in places {
        assert_eq!(line_column(text, offset), place, "{offset}");
    }
    assert_eq!(line_column("\u{feff}a", 3), (1, 1));
}

#[test]
fn warnings_stand_at_their_value() {
    let Document { warnings, .. } = parse(b"a:\n  - ok\n  - b: yes\n").expect("a file");
    let [warning] = &warnings[..] else { unreachable!("one warning") };
    assert_eq!((warning.path.as_str(), warning.span.start), ("a[1].b", 17));
}
