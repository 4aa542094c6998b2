//! What a scalar without quotes means in YAML 1.1, to the letter of PyYAML's safe loader.
//!
//! **Invariant.** This file follows the patterns of PyYAML's implicit resolvers, not the YAML 1.1
//! specification: `1e3` is text, because PyYAML wants a dot and a sign.

/// What a scalar is read as.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reading {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// A whole number that has no room in [`i128`].
    TooLarge,
    /// Digits of a whole number that has none: `0b_`.
    NoDigits,
    /// Any other number.
    Float(f64),
    /// A date, maybe with a time.
    Date,
    /// `<<`, which merges maps where it is a key.
    Merge,
    /// `=`, which is a key or nothing.
    Default,
    /// Itself.
    Text,
}

/// Reads a scalar that has neither quotes nor a tag.
pub(super) fn read(text: &str) -> Reading {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Reading::Null,
        "<<" => return Reading::Merge,
        "=" => return Reading::Default,
        _ => {}
    }
    if let Some(value) = bool(text) {
        return Reading::Bool(value);
    }
    if !text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) {
        return Reading::Text;
    }
    if let Some(value) = float(text) {
        return Reading::Float(value);
    }
    integer(text).unwrap_or(if is_date(text) { Reading::Date } else { Reading::Text })
}

/// The truth values: lower case, upper case or capitalized.
pub(super) fn bool(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// A whole number: binary, octal, decimal, hexadecimal or in base 60, with `_` between digits.
pub(super) fn integer(text: &str) -> Option<Reading> {
    let (negative, digits) = sign(text);
    let magnitude = if let Some(binary) = digits.strip_prefix("0b").filter(|it| all(it, "01_")) {
        radix(binary, 2)
    } else if let Some(hexadecimal) = digits.strip_prefix("0x").filter(|it| is_hexadecimal(it)) {
        radix(hexadecimal, 16)
    } else if digits.strip_prefix('0').is_some_and(|rest| all(rest, "01234567_")) {
        radix(digits, 8)
    } else if digits == "0" || is_decimal(digits) {
        radix(digits, 10)
    } else if digits.contains(':') {
        let (first, rest) = digits.split_once(':')?;
        let fits = is_decimal(first) && rest.split(':').all(is_sixtieth);
        fits.then(|| base_sixty(digits))?
    } else {
        return None;
    };
    Some(match magnitude {
        Reading::Integer(value) if negative => Reading::Integer(-value),
        other => other,
    })
}

/// A number with a dot, infinity, or not a number.
pub(super) fn float(text: &str) -> Option<f64> {
    let (negative, digits) = sign(text);
    let signed = |value: f64| if negative { -value } else { value };
    match digits {
        ".inf" | ".Inf" | ".INF" => return Some(signed(f64::INFINITY)),
        ".nan" | ".NaN" | ".NAN" => return (digits == text).then_some(f64::NAN),
        _ => {}
    }
    if let Some((large, small)) = digits.rsplit_once(':') {
        return float_in_base_sixty(large, small).map(signed);
    }
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], &digits[at + 1..]),
        None => (digits, "+0"),
    };
    let (whole, fraction) = mantissa.split_once('.')?;
    let pattern = if whole.is_empty() {
        // There is no sign before a dot.
        digits == text && starts_with_digit(fraction)
    } else {
        starts_with_digit(whole) && all(whole, "0123456789_")
    };
    let fits = pattern && (fraction.is_empty() || all(fraction, "0123456789_"));
    let power = exponent.strip_prefix(['+', '-'])?;
    (fits && all(power, "0123456789")).then(|| signed(parse(digits)))
}

fn sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

/// Whether it is some characters, all of them among `allowed`.
fn all(text: &str, allowed: &str) -> bool {
    !text.is_empty() && text.chars().all(|it| allowed.contains(it))
}

fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|it| it == '_' || it.is_ascii_hexdigit())
}

fn is_decimal(text: &str) -> bool {
    !text.starts_with(['0', '_']) && all(text, "0123456789_")
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}

/// One digit in base 60, written in base 10.
fn is_sixtieth(text: &str) -> bool {
    all(text, "0123456789") && (text.len() == 1 || text.len() == 2 && text < "60")
}

fn radix(digits: &str, radix: u32) -> Reading {
    let digits = digits.replace('_', "");
    if digits.is_empty() {
        return Reading::NoDigits;
    }
    i128::from_str_radix(&digits, radix).map_or(Reading::TooLarge, Reading::Integer)
}

fn base_sixty(digits: &str) -> Reading {
    let digits = digits.replace('_', "");
    let sum = digits
        .split(':')
        .try_fold(0_i128, |sum, part| sum.checked_mul(60)?.checked_add(part.parse().ok()?));
    sum.map_or(Reading::TooLarge, Reading::Integer)
}

fn float_in_base_sixty(large: &str, small: &str) -> Option<f64> {
    let (whole, fraction) = small.split_once('.')?;
    let mut parts = large.split(':');
    let first = parts.next()?;
    let fits = starts_with_digit(first)
        && all(first, "0123456789_")
        && parts.all(is_sixtieth)
        && is_sixtieth(whole)
        && (fraction.is_empty() || all(fraction, "0123456789_"));
    // Smallest part first, so that rounding is PyYAML's.
    let parts = std::iter::once(small).chain(large.rsplit(':'));
    let sum = parts.fold((0.0, 1.0), |(sum, base), part| (sum + parse(part) * base, base * 60.0));
    fits.then_some(sum.0)
}

/// A decimal number whose form has been checked.
fn parse(digits: &str) -> f64 {
    digits.replace('_', "").parse().unwrap_or(f64::NAN)
}

/// Whether it is `2001-12-14` or `2001-12-14 21:59:43.10 -05:00`, or a variant of these.
fn is_date(text: &str) -> bool {
    let day_only = text.len() == 10;
    let mut rest = text;
    let day = digits(&mut rest, 4, 4)
        && eat(&mut rest, "-")
        && digits(&mut rest, if day_only { 2 } else { 1 }, 2)
        && eat(&mut rest, "-")
        && digits(&mut rest, if day_only { 2 } else { 1 }, 2);
    if !day || rest.is_empty() {
        return day && day_only;
    }
    let time = (eat(&mut rest, "Tt") || blanks(&mut rest))
        && digits(&mut rest, 1, 2)
        && eat(&mut rest, ":")
        && digits(&mut rest, 2, 2)
        && eat(&mut rest, ":")
        && digits(&mut rest, 2, 2);
    if time && eat(&mut rest, ".") {
        digits(&mut rest, 0, usize::MAX);
    }
    time && (rest.is_empty() || is_time_zone(rest))
}

fn is_time_zone(mut rest: &str) -> bool {
    blanks(&mut rest);
    if rest == "Z" {
        return true;
    }
    let hours = eat(&mut rest, "+-") && digits(&mut rest, 1, 2);
    hours && (rest.is_empty() || eat(&mut rest, ":") && digits(&mut rest, 2, 2) && rest.is_empty())
}

/// Takes as many digits as there are, up to `most`; false if there are fewer than `least`.
fn digits(rest: &mut &str, least: usize, most: usize) -> bool {
    let found = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    *rest = &rest[found..];
    found >= least
}

fn eat(rest: &mut &str, one_of: &str) -> bool {
    let Some(after) = rest.strip_prefix(|first| one_of.contains(first)) else {
        return false;
    };
    *rest = after;
    true
}

fn blanks(rest: &mut &str) -> bool {
    let before = rest.len();
    *rest = rest.trim_start_matches([' ', '\t']);
    rest.len() < before
}
