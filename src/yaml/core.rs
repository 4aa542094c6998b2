//! What a scalar without quotes means in YAML 1.2 (its core schema), and how to say that a reader
//! of YAML 1.2 would take a value otherwise than we do.

use super::scalar::{self, Reading};

/// How a scalar without quotes is read in YAML 1.1 and in YAML 1.2, where these differ.
pub(super) struct Difference {
    /// What differs.
    pub(super) message: String,
    /// What to write instead.
    pub(super) help: String,
}

/// The difference that the version of YAML makes for `text`, which has neither quotes nor a tag.
pub(super) fn difference(text: &str, here: &Reading) -> Option<Difference> {
    let there = read(text);
    if *here == Reading::Date {
        let message = format!("`{text}` is text here, but a date for other readers of YAML 1.1");
        return Some(Difference { message, help: "Write it in quotes".to_owned() });
    }
    // Nothing equals a NaN, but both versions spell it alike.
    if *here == there
        || matches!((here, &there), (Reading::Float(a), Reading::Float(b)) if a.is_nan() && b.is_nan())
    {
        return None;
    }
    let (here, there) = (Shown { text, reading: here }, Shown { text, reading: &there });
    Some(Difference {
        message: format!(
            "`{text}` is read as {}, as in YAML 1.1; YAML 1.2 reads {}",
            here.named(),
            there.named()
        ),
        help: format!("Write {} or {}, whichever is meant", here.spelled(), there.spelled()),
    })
}

/// Reads a scalar as YAML 1.2 does.
fn read(text: &str) -> Reading {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Reading::Null,
        "true" | "True" | "TRUE" => return Reading::Bool(true),
        "false" | "False" | "FALSE" => return Reading::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Reading::Float(f64::NAN),
        // What is special in YAML 1.1 only is refused where it is found, so it differs nowhere.
        "<<" | "=" => return scalar::read(text),
        _ => {}
    }
    integer(text).or_else(|| float(text).map(Reading::Float)).unwrap_or(Reading::Text)
}

fn integer(text: &str) -> Option<Reading> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |text: &str, radix| !text.is_empty() && text.chars().all(|it| it.is_digit(radix));
    let value = if digits(unsigned, 10) {
        text.parse()
    } else if let Some(octal) = text.strip_prefix("0o").filter(|it| digits(it, 8)) {
        i128::from_str_radix(octal, 8)
    } else if let Some(hexadecimal) = text.strip_prefix("0x").filter(|it| digits(it, 16)) {
        i128::from_str_radix(hexadecimal, 16)
    } else {
        return None;
    };
    Some(value.map_or(Reading::TooLarge, Reading::Integer))
}

fn float(text: &str) -> Option<f64> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let plain = unsigned.bytes().all(|it| it.is_ascii_digit() || b".eE+-".contains(&it));
    let value = match unsigned {
        ".inf" | ".Inf" | ".INF" => f64::INFINITY,
        _ if plain && !unsigned.starts_with(['+', '-']) => unsigned.parse().ok()?,
        _ => return None,
    };
    Some(if negative { -value } else { value })
}

/// A reading as people see it.
struct Shown<'a> {
    text: &'a str,
    reading: &'a Reading,
}

impl Shown<'_> {
    /// What it is.
    fn named(&self) -> String {
        match self.reading {
            Reading::Null => "no value".to_owned(),
            Reading::Bool(value) => value.to_string(),
            Reading::Integer(value) => format!("the number {value}"),
            Reading::Float(value) => format!("the number {}", spell(*value)),
            Reading::TooLarge => "a very large number".to_owned(),
            Reading::Date => "a date".to_owned(),
            Reading::NoDigits | Reading::Merge | Reading::Default | Reading::Text => {
                format!("the text \"{}\"", self.text)
            }
        }
    }

    /// How to write it so that every reader agrees.
    fn spelled(&self) -> String {
        match self.reading {
            Reading::Null => "null".to_owned(),
            Reading::Bool(value) => value.to_string(),
            Reading::Integer(value) => value.to_string(),
            Reading::Float(value) => spell(*value),
            Reading::TooLarge => "a smaller number".to_owned(),
            Reading::Date
            | Reading::NoDigits
            | Reading::Merge
            | Reading::Default
            | Reading::Text => format!("\"{}\"", self.text),
        }
    }
}

/// A number as both versions of YAML read it.
pub(super) fn spell(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let shortest = format!("{value:?}");
    let Some((mantissa, exponent)) = shortest.split_once('e') else {
        return shortest;
    };
    let dot = if mantissa.contains('.') { "" } else { ".0" };
    let plus = if exponent.starts_with('-') { "" } else { "+" };
    format!("{mantissa}{dot}e{plus}{exponent}")
}
