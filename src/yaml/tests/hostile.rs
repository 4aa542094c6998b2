//! Files that are made to break readers: each ends in a tree or in problems, and soon.

use super::super::{DEEPEST, canonical, parse, take_secrets};
use super::{document, problems};

#[test]
fn deep_files_are_refused_before_they_are_read() {
    for open in ["[", "{a: ", "- ", "? ", "[{a: ", "[? "] {
        let told = problems(&open.repeat(10_000));
        assert!(
            told.iter().any(|it| it.message.contains("nested deeper than 64")),
            "{open}: {told:?}"
        );
    }
    let block: String =
        (0..10_000).map(|depth| format!("{}a:\n", " ".repeat(depth % 400))).collect();
    parse(block.as_bytes()).expect_err("it is no YAML");
    let steps: String = (0..100).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(problems(&steps)[0].message.contains("nested deeper than 64"));
    document(&format!("{}1{}", "[".repeat(DEEPEST), "]".repeat(DEEPEST)));
}

#[test]
fn alias_bombs_end_in_one_problem() {
    let mut bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for step in 1..30 {
        let aliases = vec![format!("*a{}", step - 1); 9].join(", ");
        bomb.push_str(&format!("a{step}: &a{step} [{aliases}]\n"));
    }
    let told = problems(&bomb);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].message, "aliases make this file larger than 16 MiB");

    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), "*a, ".repeat(100));
    assert_eq!(problems(&long)[0].message, "aliases make this file larger than 16 MiB");
}

#[test]
fn aliases_cannot_nest_deeper_than_lists() {
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for step in 1..100 {
        chain.push_str(&format!("a{step}: &a{step} [*a{}]\n", step - 1));
    }
    assert!(problems(&chain)[0].message.contains("nested deeper than 64"));
}

#[test]
fn a_file_full_of_mistakes_tells_some_of_them() {
    let told = problems(&"a: 1\n".repeat(10_000));
    assert_eq!(told.len(), 101);
    assert_eq!(told[100].message, "9899 more problems of this file are not shown");
    assert_eq!(document(&"- yes\n".repeat(10_000)).warnings.len(), 101);
}

#[test]
fn large_files_are_read_in_a_time_that_grows_with_their_size() {
    let start = std::time::Instant::now();
    let flow = format!("[{}]", "1,".repeat(200_000));
    let block = "- a: [b, 'c']\n".repeat(20_000);
    let quotes = format!("a: '{}'\n", "''".repeat(200_000));
    let lines = format!("a: |\n{}", "  x\n".repeat(100_000));
    for text in [flow, block, quotes, lines] {
        document(&text);
    }
    for text in
        ["[".repeat(400_000), "a: ".repeat(100_000), "'".repeat(400_001), "é# ".repeat(100_000)]
    {
        let _ = parse(text.as_bytes());
    }
    // A reader whose time grows with the square needs minutes.
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}

#[test]
fn a_byte_order_mark_before_a_block_scalar_is_no_part_of_it() {
    let root = document("\u{feff}|-\n\u{feff}a").root.expect("a value");
    assert_eq!((root.span.start, root.span.end), (3, 10));
}

/// Pieces that mean something to YAML.
const PIECES: &[&str] = &[
    ": ",
    ":",
    "- ",
    "-",
    "\n",
    "\n  ",
    "\n\t",
    " ",
    ",",
    "'",
    "\"",
    "#",
    " # é",
    "[",
    "]",
    "{",
    "}",
    "|",
    "|-",
    ">+",
    "|2\n",
    "&a ",
    "*a",
    "!!str ",
    "!x ",
    "!<",
    "? ",
    "%",
    "@",
    "`",
    "~",
    "yes",
    "017",
    "1e3",
    "0x_",
    "\r",
    "\r\n",
    "<<: ",
    "=",
    "---\n",
    "...\n",
    "\\",
    "\\x4",
    "\u{a0}",
    "\u{feff}",
    "é",
    "\0",
    "%TAG ! !\n",
    "!!int 9",
    "\u{85}",
];

const FILES: &[&str] = &[
    "a: 1\nb:\n  c: yes\n  d: [1, 2, {e: f}]\n  # é\n  g: 'it''s'  # c\nh: \"x\\ny\"\ni: |\n  lit\n   more\n\nj: >-\n  fold\n",
    "k: &n {p: 1, key: 2}\nl: *n\nm: {<<: *n, q: 2}\nkey: ü\nlist:\n- a\n- b: c\n  d: e\n-\n  - x\n",
    "? x\n: y\n'q' : \"z\"\nt: a\n  b\nu: 1_000\n",
];

/// A sequence of numbers that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit
    }
}

#[test]
fn no_mutation_of_a_file_breaks_the_reader() {
    let mut numbers = Numbers(1);
    for _ in 0..5_000 {
        let mut bytes = FILES[numbers.below(FILES.len())].as_bytes().to_vec();
        for _ in 0..=numbers.below(4) {
            let at = numbers.below(bytes.len() + 1);
            match numbers.below(4) {
                0 => drop(bytes.drain(at..(at + numbers.below(5)).min(bytes.len()))),
                1 if at < bytes.len() => {
                    bytes[at] = u8::try_from(numbers.below(256)).expect("a byte")
                }
                _ => drop(bytes.splice(at..at, PIECES[numbers.below(PIECES.len())].bytes())),
            }
        }
        check(&bytes);
    }
}

/// Reads and takes secrets; every span has to hold whole characters.
fn check(bytes: &[u8]) {
    match parse(bytes) {
        Ok(mut document) => {
            let text = std::str::from_utf8(bytes).expect("it was read");
            let _ = canonical(&document);
            let secret = |path: &[&str]| {
                path.last().is_some_and(|it| ["key", "c", "i", "h", "a"].contains(it))
            };
            if let Ok(taken) = take_secrets(&mut document, text, &secret) {
                assert_eq!(taken.redacted_text.len(), text.len());
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            if let Ok(text) = std::str::from_utf8(bytes) {
                let whole = |span: nickel::Span| text.get(span.start..span.end).is_some();
                assert!(problems.iter().all(|it| whole(it.span)), "{text:?}: {problems:?}");
            }
        }
    }
}
