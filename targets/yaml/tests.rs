use serde_json::{Value, json};

use super::{Quoted, print};
use crate::at::At;

#[test]
fn a_document_is_in_block_style() {
    let document = json!({
        "empty": { "list": [], "map": {} },
        "list": ["a", { "b": 1, "c": [true] }, [["d"]], null],
        "script": "set -e\n\n  echo done\n",
        "unended": "one\ntwo",
    });
    let text = "\
empty:
  list: []
  map: {}
list:
  - a
  - b: 1
    c:
      - true
  - - - d
  - null
script: |
  set -e

    echo done
unended: |-
  one
  two
";
    assert_eq!(print(&document).text, text);
}

#[test]
fn what_could_be_read_as_something_else_is_quoted() {
    let ambiguous = [
        "",
        "yes",
        "No",
        "on",
        "y",
        "true",
        "Null",
        "~",
        "12",
        "017",
        "0x1f",
        "1_000",
        "1:30",
        "1e3",
        ".5",
        ".inf",
        "._1",
        ".NaN",
        "2026-11-25",
        "-",
        "- a",
        "a: b",
        "a #b",
        "a:",
        "a ",
        " a",
        "=",
        "<<",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "{a}",
        "[a]",
        "'a'",
        "\"",
        "a\tb",
        ".",
        "?",
        "...",
        "a\\b",
        "é",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\n",
        " a\n",
        "a\n\n",
        "\ta\r\n",
        "---",
    ];
    for text in ambiguous {
        let printed = print(&text).text;
        assert!(printed.starts_with('"') && printed.ends_with("\"\n"), "{text:?}: {printed}");
        assert_eq!(read(&printed), json!(text), "{printed}");
    }
}

#[test]
fn what_is_clearly_text_is_plain() {
    let clear =
        ["a", "./var/log", "/", "/dev/tcp", "python3", "no one", "a=b", "redis:7.2.4", "a $$b"];
    for text in clear {
        assert_eq!(print(&text).text, format!("{text}\n"));
    }
}

#[test]
fn quoted_text_is_quoted_even_where_it_is_clear() {
    assert_eq!(print(&Quoted("clear".to_owned())).text, "\"clear\"\n");
}

#[test]
fn floats_are_floats_to_either_version() {
    let numbers = [(0.1, "0.1"), (3.0, "3.0"), (1e300, "1.0e+300"), (1.5e-9, "1.5e-9")];
    for (number, text) in numbers {
        assert_eq!(print(&number).text, format!("{text}\n"));
    }
    assert_eq!(print(&[u64::MAX]).text, "- 18446744073709551615\n");
    assert_eq!(print(&f64::NEG_INFINITY).text, "-.inf\n");
}

#[test]
fn traced_values_note_their_lines() {
    let list = At::new("a.list", vec![At::new("a.list[0]", "x"), At::new("a.list[1]", "y\nz")]);
    let document =
        At::new("a", [("k", list)].into_iter().collect::<std::collections::BTreeMap<_, _>>());
    let printed = print(&document);
    assert_eq!(printed.text, "k:\n  - x\n  - |-\n    y\n    z\n");
    let lines = printed.lines.iter().map(|it| (it.first, it.last, it.path.as_str()));
    let expected = [(1, 5, "a"), (1, 5, "a.list"), (2, 2, "a.list[0]"), (3, 5, "a.list[1]")];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}

#[test]
fn any_value_reads_back_as_it_was() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..5_000 {
        let value = random.value(4);
        let printed = print(&value).text;
        assert_eq!(read(&printed), value, "{printed}");
    }
}

fn read(text: &str) -> Value {
    serde_norway::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// Marsaglia's xorshift: the same values on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit as u64)).unwrap()
    }

    fn value(&mut self, depth: usize) -> Value {
        let length = self.below(4);
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => json!(self.below(2) == 0),
            2 => json!(i64::try_from(self.below(1 << 40)).unwrap() - (1 << 39)),
            3 | 4 => json!(self.text()),
            5 => (0..length).map(|_| self.value(depth - 1)).collect(),
            _ => Value::Object((0..length).map(|_| (self.text(), self.value(depth - 1))).collect()),
        }
    }

    /// Text of pieces that mean something to YAML.
    fn text(&mut self) -> String {
        const PIECES: [&str; 40] = [
            "a", "B", "1", "0", ".", "-", "_", " ", "  ", "\n", "\n\n", ":", ": ", " #", "#", "\t",
            "\r", "'", "\"", "\\", "{{", "}}", "[", "]", ",", "&", "*", "!", "|", ">", "%", "@",
            "é", "\u{2028}", "\u{1}", "😀", "yes", "null", "e", "~",
        ];
        let length = self.below(6);
        (0..length).map(|_| PIECES[self.below(PIECES.len())]).collect()
    }
}
