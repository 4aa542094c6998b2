//! Mistakes: each at its line, in words that help.

use super::super::{LIMIT_BYTES, line_column, parse};
use super::problems;

/// A file, the line and column of its first problem, and a part of the message.
const MISTAKES: &[(&str, (usize, usize), &str)] = &[
    // Tabs.
    ("a:\n\tb: 1\n", (2, 1), "a tab is used for indentation"),
    ("a:\n  b: 1\n\tc: 2\n", (3, 1), "a tab is used for indentation"),
    ("a:\n  b: [x,\n\ty]\n", (3, 1), "a tab is used for indentation"),
    ("\ta: 1\n", (1, 1), "a tab is used for indentation"),
    ("a:\tx\n", (1, 3), "here stands a tab instead of spaces"),
    ("a: x\ty\n", (1, 4), "a tab cannot stand in text without quotes"),
    // Quotes.
    ("x: 1\na: \"x\nb: \"y\"\n", (2, 4), "this quote is not closed"),
    ("a: 'x", (1, 4), "this quote is never closed"),
    ("a: 'it's'\n", (1, 8), "text goes on after the closing quote"),
    ("a: \"x\" y\n", (1, 8), "text goes on after the closing quote"),
    ("a: \"x\n  C:\\path\"\n", (2, 5), "this backslash starts an escape that does not exist"),
    ("a: \"\\u12\"\n", (1, 5), "this backslash starts an escape that does not exist"),
    // Keys and indentation.
    ("a: 1\nb\nc: 2\n", (2, 1), "here should be a key and a colon"),
    ("a:\n  x: 1\n\n  # c\n  b\n\nc: 2\n", (5, 3), "here should be a key and a colon"),
    ("b: 2\na:1\n", (2, 1), "here should be a key and a colon"),
    ("a: b: c\n", (1, 5), "a value without quotes cannot hold a colon and a space"),
    ("a: 1\n  b: 2\n", (2, 3), "here cannot be a key"),
    ("foo\nbar: 1\n", (2, 1), "here cannot be a key"),
    ("a:\n  b: 1\n c: 2\n", (3, 2), "here should be a key that is indented as the ones before"),
    ("- a\nb: c\n", (2, 1), "here should be an item"),
    ("a: - b\n", (1, 4), "a list cannot start in the line of its key"),
    // Brackets.
    ("a: [1, 2\n", (1, 4), "this bracket is never closed"),
    ("[1, 2", (1, 1), "this bracket is never closed"),
    ("a: {b: 1\n\n# c\n", (1, 4), "this bracket is never closed"),
    ("a: [1, 2\nb: 3\n", (2, 2), "here should be a comma, or the end of the bracket of line 1"),
    ("a: {b: |2, c: 1}\n", (1, 8), "in brackets, text without quotes cannot start with"),
    ("a: [::1]\n", (1, 5), "in brackets, text without quotes cannot start with"),
    // Special characters.
    ("a: *.log\n", (1, 4), "there is no anchor of this name above"),
    ("a: &\n", (1, 4), "`&` and `*` must be followed by the name of an anchor"),
    ("a: @x\n", (1, 4), "text without quotes cannot start with `@`"),
    ("a: !a!b x\n", (1, 4), "this tag cannot be read"),
    ("a: !secret x\n", (1, 12), "this tag is not supported"),
    ("a: !!set {b}\n", (1, 10), "this tag is not supported"),
    ("a: ! 4\n", (1, 6), "this tag is not supported"),
    ("a: !!int x\n", (1, 10), "the value is none of the kind that its tag names"),
    ("a: !!map [b]\n", (1, 10), "the value is none of the kind that its tag names"),
    ("a: 'x'#c\n", (1, 7), "there is no space before this comment"),
    ("a: |x\n  y\n", (1, 4), "nothing but a comment may follow"),
    ("a: =\n", (1, 4), "`=` has no meaning as a value"),
    ("a: <<\n", (1, 4), "`<<` has a meaning only as a key"),
    ("a: 0x_\n", (1, 4), "this number has no digits"),
    (
        "a: 1:30:60:1_0\nb: 999999999999999999999999999999999999999999\n",
        (2, 4),
        "this number is too large",
    ),
    // Keys that are none.
    ("8080: x\n", (1, 1), "a key must be text, and this one is read as a number"),
    ("a:\n  on: x\n", (2, 3), "a key must be text, and this one is read as true or false"),
    ("null: x\n", (1, 1), "a key must be text, and this one is read as no value"),
    ("2001-12-14: x\n", (1, 1), "a key must be text, and this one is read as a date"),
    (": x\n", (1, 2), "here is no key"),
    ("a: {{ x }}\n", (1, 5), "a list or a map cannot be a key"),
    ("? [a]\n: b\n", (1, 3), "a list or a map cannot be a key"),
    ("a: &x y\n*x : b\n", (2, 1), "an alias cannot be a key"),
    // Aliases and merge keys.
    ("a: &x [*x]\n", (1, 8), "this alias stands for a value that it is a part of"),
    ("a:\n  <<: 3\n", (2, 7), "a merge key (`<<`) takes a map"),
    ("a:\n  <<: {b: 1}\n  <<: {c: 1}\n", (3, 3), "`a.<<` stands here a second time"),
    // The file.
    ("a: 1\n---\nb: 2\n", (2, 1), "a second document starts here"),
    ("a: 1\n...\nb: 2\n", (3, 1), "a second document starts here"),
    ("a: 1\n... x\n", (2, 5), "nothing may follow `...`"),
    ("# c\n%TAG !y! tag:yaml.org,2002:\n---\na: 1\n", (2, 1), "a directive that is not supported"),
    ("a: \0\n", (1, 4), "the character U+0000 cannot stand"),
    ("a: 1\nb: \u{2028}\n", (2, 4), "the character U+2028 cannot stand"),
];

#[test]
fn mistakes_are_told_at_their_line() {
    for (text, place, message) in MISTAKES {
        let problems = problems(text);
        let first = &problems[0];
        assert!(first.message.contains(message), "{text:?}: {first:?}");
        assert_eq!(line_column(text, first.span.start), *place, "{text:?}: {first:?}");
        assert!(first.help.is_some(), "{text:?}: {first:?}");
    }
}

#[test]
fn all_keys_that_stand_twice_are_told_with_the_line_of_the_first() {
    let text = "a: 1\nb: {c: 1, 'c': 2}\n# c\na: 2\nd:\n- e: 1\n  e: 2\na: 3\n";
    let told: Vec<_> = problems(text)
        .into_iter()
        .map(|it| (line_column(text, it.span.start), it.path, it.message))
        .collect();
    let wanted = [
        ((2, 11), "b.c", "`b.c` stands here a second time; the first is in line 2"),
        ((4, 1), "a", "`a` stands here a second time; the first is in line 1"),
        ((7, 3), "d[0].e", "`d[0].e` stands here a second time; the first is in line 6"),
        ((8, 1), "a", "`a` stands here a second time; the first is in line 1"),
    ];
    assert_eq!(
        told,
        wanted.map(|(place, path, message)| (place, path.to_owned(), message.to_owned()))
    );
}

#[test]
fn what_cannot_be_read_belongs_to_no_key() {
    for text in ["a: 'x", "a:\n  b: [1, 2\nc: 3\n", "a:\n  b:\n\t  c: 1\n", "a:\n  b: x: y\n"] {
        assert!(problems(text).iter().all(|it| it.path.is_empty()), "{text:?}");
    }
    assert_eq!(problems("a:\n  b: !x 1\n")[0].path, "a.b", "here it is known");
}

#[test]
fn mistakes_before_a_syntax_error_are_told_too() {
    let told = problems("a: 1\na: 2\n3: x\nb: [\n");
    assert_eq!(told.len(), 3, "{told:?}");
}

#[test]
fn files_that_are_no_text_are_refused_as_a_whole() {
    let told = |bytes: &[u8]| {
        let problems = parse(bytes).expect_err("it is no text");
        assert_eq!(problems.len(), 1);
        (problems[0].message.clone(), problems[0].span.start)
    };
    assert!(told(b"ab: \xff\xfe").0.ends_with("byte 4 belongs to no character"));
    assert_eq!(told(b"ab: \xc3").1, 4);
    assert!(told(b"\xff\xfea\0").0.contains("UTF-16"));
    assert!(told(b"\xfe\xff\0a").0.contains("UTF-16"));
    assert!(told(&vec![b'#'; LIMIT_BYTES + 1]).0.contains("larger than 4 MiB"));
    assert!(parse(&vec![b'#'; LIMIT_BYTES]).is_ok());
}

#[test]
fn no_message_quotes_a_value() {
    let mistakes = [
        "password: 'hunter2' hunter2\n",
        "password: hunter2: x\n",
        "password: \"hunter2\\q\"\n",
        "password: !!int hunter2\n",
        "password: *hunter2\n",
        "password: !hunter2 hunter2\n",
        "password: @hunter2\n",
        "password: [hunter2\n",
        "password: hunter2\thunter2\n",
        "password:hunter2\nb: 1\n",
    ];
    for text in mistakes {
        for problem in problems(text) {
            assert!(!format!("{problem:?}").contains("hunter2"), "{problem:?}");
        }
    }
}
