use super::{Line, ROOT, Section, Unit, Value, print, spelt};

fn words(words: &[&str]) -> Result<String, &'static str> {
    spelt(&Value::Words(words.iter().map(|it| (*it).to_owned()).collect()))
}

fn argument(text: &str) -> Result<String, &'static str> {
    spelt(&Value::Argument(text.to_owned()))
}

fn plain(text: &str) -> Result<String, &'static str> {
    spelt(&Value::Plain(text.to_owned()))
}

#[test]
fn words_are_quoted_where_needed() {
    assert_eq!(words(&["notes", "--listen=web:80"]).unwrap(), "notes --listen=web:80");
    assert_eq!(words(&["PRICE=5$ & 50%"]).unwrap(), r#""PRICE=5$$ & 50%%""#);
    assert_eq!(words(&[r#"a"b\c'd"#]).unwrap(), r#""a\"b\\c'd""#);
    assert_eq!(words(&["a b", "é"]).unwrap(), r#""a b" "é""#);
    assert_eq!(words(&["\n\t\r\u{1b}\u{7f}"]).unwrap(), r#""\n\t\x0d\x1b\x7f""#);
    assert_eq!(words(&["#a", "[b]", "$HOME", "%n"]).unwrap(), r##""#a" "[b]" "$$HOME" "%%n""##);
}

#[test]
fn words_that_quadlet_loses_are_refused() {
    for lost in ["", ";", "a\0b", "a\u{80}b"] {
        assert!(words(&["a", lost]).is_err(), "{lost:?}");
    }
    assert_eq!(words(&["a;", "A="]).unwrap(), r#""a;" A="#);
}

#[test]
fn arguments_keep_their_quotes_inside() {
    assert_eq!(argument(r#"["sh","-c","a $B 5%"]"#).unwrap(), r#"["sh","-c","a $$B 5%%"]"#);
    for lost in [" a", "a\u{a0}", "a\nb", "a\\", "\"a", "a\""] {
        assert!(argument(lost).is_err(), "{lost:?}");
    }
}

#[test]
fn plain_values_stay_on_their_line() {
    assert_eq!(plain("12.5%").unwrap(), "12.5%");
    assert!(plain("a\nb").is_err());
}

fn unit(lines: Vec<Line>) -> Unit {
    let empty = Section { name: "Unit", lines: vec![] };
    Unit {
        from: "services.web".to_owned(),
        sections: vec![empty, Section { name: "Container", lines }],
    }
}

#[test]
fn lines_know_where_they_come_from() {
    let line = Line::new("Image", Value::Argument("a".to_owned()), "services.web.image");
    let printed = print(&unit(vec![line])).unwrap_or_else(|_| panic!());
    assert_eq!(printed.entry.bytes, b"[Container]\nImage=a\n");
    assert!(!printed.template);
    let lines = printed.lines.iter().map(|it| (it.first, it.last, it.path.as_str()));
    let expected = [(1, 2, "services.web"), (2, 2, "services.web.image")];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
}

#[test]
fn the_package_directory_makes_a_template() {
    let value = Value::Words(vec![format!("A=x@@y@{ROOT}/b c")]);
    let printed =
        print(&unit(vec![Line::new("Environment", value, "")])).unwrap_or_else(|_| panic!());
    assert!(printed.template);
    let text = String::from_utf8(printed.entry.bytes).unwrap();
    let parts = crate::template::parse(&text).unwrap();
    let rendered: String = parts.iter().map(|it| it.render("/opt", |_| panic!())).collect();
    assert_eq!(rendered, "[Container]\nEnvironment=\"A=x@@y@/opt/b c\"\n");
}

#[test]
fn every_line_that_cannot_be_written_is_told() {
    let line = |from: &str| Line::new("Image", Value::Argument(" ".to_owned()), from);
    let problems = print(&unit(vec![line("a"), line("b")])).map(|_| ()).unwrap_err();
    let paths: Vec<&str> = problems.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["a", "b"]);
}
