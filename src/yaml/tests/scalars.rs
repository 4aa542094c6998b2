//! Scalars against what PyYAML 6.0.3 makes of them (`yaml.safe_load`), recorded once.

use super::super::core;
use super::super::scalar::{Reading, read};
use Reading::{Bool, Date, Default, Float, Integer, Merge, NoDigits, Null, Text, TooLarge};

const ALIKE: &[(Reading, &[&str])] = &[
    (Null, &["", "~", "null", "Null", "NULL"]),
    (Bool(true), &["yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"]),
    (Bool(false), &["no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"]),
    (
        Text,
        &[
            "nULL",
            "yES",
            "y",
            "n",
            "Y",
            "N",
            "oN",
            "08",
            "09",
            "019",
            "0o17",
            "0X1F",
            "0x",
            "0b102",
            "0b",
            "_1",
            "0_8",
            "+_1",
            "-",
            "+",
            ".",
            "..",
            "_",
            "1:60",
            "01:30",
            "0:30",
            "1:005",
            "8080:80",
            "1:60.5",
            "1:.5",
            "-.5",
            "+.5",
            "1.5e3",
            "1e3",
            "1e+3",
            "-1e+3",
            ".5e3",
            ".e+3",
            "._5",
            ".iNF",
            "inf",
            "-.nan",
            "nan",
            "1.2.3",
            "1.5e+",
            "1.5e+3_0",
            "1e5.0",
            "0x1.5",
            "2001-1-1",
            "2001-12-14T21:59",
            "2001-12-1",
            "20011-12-14",
            "2001-12-14x",
            "a",
            "a=b",
            "<<a",
            ".a",
            "-a",
            "+a",
            "1a",
            "0.0.0.0",
            "127.0.0.1",
            "3306/tcp",
            "1,000",
            "१",
            "2001-12-14 21:59:43 x",
            "1 000",
            "yes no",
        ],
    ),
    (
        Date,
        &[
            "2001-12-14",
            "2001-12-14t21:59:43.10-05:00",
            "2001-12-14T1:59:43Z",
            "2001-12-14T21:59:43.+1",
            "2001-99-99",
            "2001-12-14 21:59:43.10 -5",
            "2001-12-14  21:59:43",
        ],
    ),
    (NoDigits, &["0x_", "0b_"]),
    (Merge, &["<<"]),
    (Default, &["="]),
    (TooLarge, &["170141183460469231731687303715884105728"]),
];

const NUMBERS: &[(&str, Reading)] = &[
    ("0", Integer(0)),
    ("1", Integer(1)),
    ("-1", Integer(-1)),
    ("+1", Integer(1)),
    ("12", Integer(12)),
    ("-0", Integer(0)),
    ("00", Integer(0)),
    ("017", Integer(15)),
    ("-017", Integer(-15)),
    ("+017", Integer(15)),
    ("0x1F", Integer(31)),
    ("-0x1f", Integer(-31)),
    ("+0xff", Integer(255)),
    ("0x_1", Integer(1)),
    ("0b101", Integer(5)),
    ("-0b11", Integer(-3)),
    ("1_000", Integer(1000)),
    ("1_", Integer(1)),
    ("-1_0", Integer(-10)),
    ("0_", Integer(0)),
    ("0_7", Integer(7)),
    ("1__0", Integer(10)),
    ("1:30", Integer(90)),
    ("22:22", Integer(1342)),
    ("1:2:3", Integer(3723)),
    ("-1:30", Integer(-90)),
    ("+1:05", Integer(65)),
    ("1:5", Integer(65)),
    ("1:30:00", Integer(5400)),
    ("190:20:30", Integer(685230)),
    ("10_0:30", Integer(6030)),
    ("1:30.5", Float(90.5)),
    ("0:30.5", Float(30.5)),
    ("1:30.", Float(90.0)),
    ("-190:20:30.15", Float(-685230.15)),
    ("1:30:20.5_0", Float(5420.5)),
    ("1.0", Float(1.0)),
    ("1.", Float(1.0)),
    (".5", Float(0.5)),
    ("-1.5", Float(-1.5)),
    ("+1.5", Float(1.5)),
    ("1.5e+3", Float(1500.0)),
    ("1.5E-3", Float(0.0015)),
    ("1.e+3", Float(1000.0)),
    (".5e+3", Float(500.0)),
    ("1_0.5", Float(10.5)),
    ("1.5_0", Float(1.5)),
    ("1._5", Float(1.5)),
    (".5_", Float(0.5)),
    ("1_.5", Float(1.5)),
    (".inf", Float(f64::INFINITY)),
    ("-.inf", Float(f64::NEG_INFINITY)),
    ("+.inf", Float(f64::INFINITY)),
    (".Inf", Float(f64::INFINITY)),
    (".INF", Float(f64::INFINITY)),
    ("0.1", Float(0.1)),
    ("00.1", Float(0.1)),
    ("4.0", Float(4.0)),
    ("99999999999999999999", Integer(99999999999999999999)),
    ("170141183460469231731687303715884105727", Integer(170141183460469231731687303715884105727)),
];

#[test]
fn scalars_mean_what_pyyaml_makes_of_them() {
    for (reading, texts) in ALIKE {
        for text in *texts {
            assert_eq!(read(text), *reading, "{text}");
        }
    }
    for (text, reading) in NUMBERS {
        assert_eq!(read(text), *reading, "{text}");
    }
    for text in [".nan", ".NaN", ".NAN"] {
        assert!(matches!(read(text), Float(value) if value.is_nan()), "{text}");
    }
}

/// Text; what YAML 1.2 reads, and what to write.
const DIFFERENT: &[(&str, &str, &str)] = &[
    ("yes", "YAML 1.2 reads the text \"yes\"", "Write true or \"yes\", whichever is meant"),
    ("Off", "YAML 1.2 reads the text \"Off\"", "Write false or \"Off\", whichever is meant"),
    ("017", "YAML 1.2 reads the number 17", "Write 15 or 17, whichever is meant"),
    ("09", "YAML 1.2 reads the number 9", "Write \"09\" or 9, whichever is meant"),
    ("0o17", "YAML 1.2 reads the number 15", "Write \"0o17\" or 15, whichever is meant"),
    ("1_000", "YAML 1.2 reads the text \"1_000\"", "Write 1000 or \"1_000\", whichever is meant"),
    ("22:22", "YAML 1.2 reads the text \"22:22\"", "Write 1342 or \"22:22\", whichever is meant"),
    (
        "1:30.5",
        "YAML 1.2 reads the text \"1:30.5\"",
        "Write 90.5 or \"1:30.5\", whichever is meant",
    ),
    ("0b11", "YAML 1.2 reads the text \"0b11\"", "Write 3 or \"0b11\", whichever is meant"),
    ("-0x1F", "YAML 1.2 reads the text \"-0x1F\"", "Write -31 or \"-0x1F\", whichever is meant"),
    ("1e3", "YAML 1.2 reads the number 1000.0", "Write \"1e3\" or 1000.0, whichever is meant"),
    (
        "1e300",
        "YAML 1.2 reads the number 1.0e+300",
        "Write \"1e300\" or 1.0e+300, whichever is meant",
    ),
    ("-.5", "YAML 1.2 reads the number -0.5", "Write \"-.5\" or -0.5, whichever is meant"),
    ("2001-12-14", "but a date for other readers of YAML 1.1", "Write it in quotes"),
];

#[test]
fn both_readings_are_shown_where_the_version_matters() {
    for (text, wanted, help) in DIFFERENT {
        let difference = core::difference(text, &read(text)).expect(text);
        assert!(difference.message.starts_with(&format!("`{text}` is ")), "{}", difference.message);
        assert!(difference.message.ends_with(wanted), "{}", difference.message);
        assert_eq!(difference.help, *help);
    }
}

#[test]
fn what_both_versions_read_alike_is_no_warning() {
    let alike = [
        "",
        "~",
        "null",
        "true",
        "False",
        "12",
        "-1",
        "+1",
        "0",
        "0x1F",
        "1.5",
        ".5",
        "4.",
        "1.5e+3",
        ".inf",
        "-.INF",
        ".nan",
        "y",
        "n",
        "localhost",
        "127.0.0.1",
        "1.2.3",
        "a:b",
        "é",
    ];
    for text in alike {
        assert!(core::difference(text, &read(text)).is_none(), "{text}");
    }
}

#[test]
fn numbers_are_spelled_so_that_both_versions_read_them() {
    for value in [0.0, -0.0, 1.0, 0.1, 1e16, 1e300, -2.5e-300, f64::MAX, f64::MIN_POSITIVE] {
        assert_eq!(read(&core::spell(value)), Float(value));
        assert!(core::difference(&core::spell(value), &Float(value)).is_none());
    }
}
