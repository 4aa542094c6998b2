//! What kind of value a contract allows, as far as its syntax tells.

use std::collections::BTreeSet;

use super::Field;

/// What kind of value may stand somewhere.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Form {
    /// The kinds that it may be of; any, where none is known.
    pub kinds: BTreeSet<Kind>,
    /// Whether it may be null as well.
    pub nullable: bool,
    /// Whether it may be written in another way, from which the contract makes one of `kinds`: a
    /// number in quotes.
    pub coerced: bool,
    /// Whether nothing may stand there: the key is known, and its place is elsewhere.
    pub never: bool,
    /// The least number that is allowed.
    pub minimum: Option<i64>,
    /// Whether that number itself is not allowed.
    pub above_minimum: bool,
    /// The greatest number that is allowed.
    pub maximum: Option<i64>,
    /// A regular expression of ECMA 262 that a string matches somewhere.
    pub pattern: Option<&'static str>,
    /// What is wanted, in the words of a contract that is made of a predicate.
    pub wanted: Option<String>,
    /// What stands in a list, or in a map without a fixed set of keys.
    pub items: Option<Box<Field>>,
}

/// A kind of value of YAML.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A string.
    String,
    /// A list.
    List,
    /// A map.
    Map,
}

impl Form {
    /// A form of one kind.
    pub(super) fn of(kind: Kind) -> Self {
        Self { kinds: [kind].into(), ..Self::default() }
    }

    /// A whole number between two others, which count.
    pub(super) fn between(minimum: Option<i64>, maximum: Option<i64>) -> Self {
        Self { minimum, maximum, ..Self::of(Kind::Integer) }
    }

    /// The form of a contract of `clp-gen/inputs.ncl` that takes no arguments.
    pub(super) fn named(name: &str) -> Option<Self> {
        let string = |pattern| Self { pattern: Some(pattern), ..Self::of(Kind::String) };
        Some(match name {
            "Boolean" => Self::of(Kind::Boolean),
            "AnyString" => Self::of(Kind::String),
            "NonEmpty" | "Secret" => string(r"\S"),
            "Integer" => Self::between(None, None),
            "Natural" => Self::between(Some(0), None),
            "Positive" => Self::between(Some(1), None),
            "Port" => Self::between(Some(1), Some(65_535)),
            "PositiveNumber" => {
                Self { minimum: Some(0), above_minimum: true, ..Self::of(Kind::Number) }
            }
            "Ipv4" => string(
                r"^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$",
            ),
            "AbsolutePath" => string("^/"),
            _ => return None,
        })
    }

    /// What one of two allows.
    pub(super) fn join(self, other: Self) -> Self {
        // What is nowhere allowed says nothing about the rest, and neither does what is unknown.
        if self.never || self == Self::default() {
            return other;
        }
        if other.never || other == Self::default() || self == other {
            return self;
        }
        let nullable = self.nullable || other.nullable;
        let known = !self.kinds.is_empty() && !other.kinds.is_empty();
        let kinds = if known { &self.kinds | &other.kinds } else { BTreeSet::new() };
        let coerced = self.coerced || other.coerced;
        Self { kinds, nullable, coerced, ..Self::default() }
    }
}
