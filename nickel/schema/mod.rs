//! What the contracts of an input say about its keys, read from their syntax.
//!
//! Nothing is evaluated, so secrets can be taken out of a user's file before Nickel sees it, and
//! every unknown key of a file is found, not the first.

mod elsewhere;
mod form;
mod read;
mod scope;

use std::collections::BTreeMap;

pub use form::{Form, Kind};

pub(crate) use elsewhere::{Elsewhere, elsewhere};
pub(crate) use read::read;
pub(crate) use scope::{Imports, Named, Scope, select};

/// What is known of a value that a user may write.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Schema {
    /// The keys of a map, where it is one and has a fixed set of them.
    pub fields: Option<BTreeMap<String, Field>>,
}

/// One key that a user may write.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Field {
    /// What it is for.
    pub doc: Option<String>,
    /// Whether its value is secret.
    pub secret: bool,
    /// Whether it is another name of a key beside it.
    pub alias: bool,
    /// The values that it may have, where these are a few strings.
    pub choices: Vec<String>,
    /// Whether it has to be written wherever the map that it is in is.
    pub required: bool,
    /// What kind of value it has.
    pub form: Form,
    /// What stands in it.
    pub schema: Schema,
}

impl Schema {
    /// The field at a key path, where it is known.
    #[must_use]
    pub fn field(&self, path: &[&str]) -> Option<&Field> {
        let (first, rest) = path.split_first()?;
        let field = self.fields.as_ref()?.get(*first)?;
        if rest.is_empty() { Some(field) } else { field.schema.field(rest) }
    }

    /// Whether the value at a key path is secret.
    #[must_use]
    pub fn is_secret(&self, path: &[&str]) -> bool {
        self.field(path).is_some_and(|field| field.secret)
    }

    /// Whether a secret can stand somewhere below.
    #[must_use]
    pub fn holds_secrets(&self) -> bool {
        let fields = self.fields.iter().flatten();
        fields.map(|(_, field)| field).any(|field| field.secret || field.schema.holds_secrets())
    }

    /// What both allow, for a value that is one of several maps.
    fn join(self, other: Self) -> Self {
        let Some(mut fields) = self.fields else {
            return other;
        };
        let Some(others) = other.fields else {
            return Self { fields: Some(fields) };
        };
        // What one of them does not know can't be required of both.
        for (_, known) in fields.iter_mut().filter(|(key, _)| !others.contains_key(*key)) {
            known.required = false;
        }
        for (key, field) in others {
            let joined = match fields.remove(&key) {
                Some(known) => known.join(field),
                None => Field { required: false, ..field },
            };
            fields.insert(key, joined);
        }
        Self { fields: Some(fields) }
    }
}

impl Field {
    fn join(self, other: Self) -> Self {
        let mut choices = self.choices;
        choices.extend(
            other.choices.into_iter().filter(|it| !choices.contains(it)).collect::<Vec<_>>(),
        );
        Self {
            doc: self.doc.or(other.doc),
            secret: self.secret || other.secret,
            alias: self.alias || other.alias,
            choices,
            required: self.required && other.required,
            form: self.form.join(other.form),
            schema: self.schema.join(other.schema),
        }
    }
}
