//! Why something that was built is no longer what would be built now.

use std::collections::BTreeSet;
use std::fmt;

use crate::manifest::Written;

/// One reason, as a clause.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Stale {
    /// An input says something else.
    InputChanged(String),
    /// An input is there now.
    InputAppeared(String),
    /// An input is not there any more.
    InputGone(String),
    /// The package's files are others.
    Package,
    /// The values of `--set` are others.
    Options,
    /// The lock has something else for this image.
    LockEntry(String),
    /// The lock changed, for no image of this.
    Lock,
    /// Another release of the program: then and now.
    Compiler(String, String),
    /// The program was compiled again.
    OtherCompiler,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InputChanged(name) => write!(f, "the input `{name}` changed"),
            Self::InputAppeared(name) => write!(f, "the input `{name}` was not there before"),
            Self::InputGone(name) => write!(f, "the input `{name}` is not there any more"),
            Self::Package => f.write_str("the package changed"),
            Self::Options => f.write_str("the values of `--set` changed"),
            Self::LockEntry(name) => write!(f, "the lock entry `{name}` changed"),
            Self::Lock => f.write_str("the lock changed"),
            Self::Compiler(was, is) => write!(f, "the compiler changed from {was} to {is}"),
            Self::OtherCompiler => f.write_str("the compiler changed"),
        }
    }
}

/// What is different between what two artifacts were made from.
#[must_use]
pub fn between(was: &Written, is: &Written) -> Vec<Stale> {
    let names: BTreeSet<&String> = was.inputs.keys().chain(is.inputs.keys()).collect();
    let inputs = names.into_iter().filter_map(|name| {
        let digest = |written: &Written| written.inputs.get(name).cloned().flatten();
        input(name, digest(was), digest(is))
    });
    let mut reasons: Vec<Stale> = inputs.collect();
    reasons.extend(lock(was, is));
    if was.generator != is.generator {
        reasons.push(Stale::Compiler(was.generator.clone(), is.generator.clone()));
    }
    reasons
}

fn input(name: &str, was: Option<String>, is: Option<String>) -> Option<Stale> {
    if was == is {
        return None;
    }
    Some(match (name, was.is_some(), is.is_some()) {
        ("package", ..) => Stale::Package,
        ("set", ..) => Stale::Options,
        (name, false, _) => Stale::InputAppeared(name.to_owned()),
        (name, _, false) => Stale::InputGone(name.to_owned()),
        (name, true, true) => Stale::InputChanged(name.to_owned()),
    })
}

fn lock(was: &Written, is: &Written) -> Vec<Stale> {
    if was.lock == is.lock {
        return vec![];
    }
    let names = is.images.iter().filter(|(name, image)| {
        was.images.get(*name).is_some_and(|it| pinned(it) != pinned(image))
    });
    let names: Vec<Stale> = names.map(|(name, _)| Stale::LockEntry(name.clone())).collect();
    if names.is_empty() { vec![Stale::Lock] } else { names }
}

/// The digest of an image's reference.
fn pinned(reference: &str) -> Option<&str> {
    reference.split_once('@').map(|(_, digest)| digest)
}

/// Reasons as one sentence, without a full stop.
#[must_use]
pub fn sentence(reasons: &[Stale]) -> String {
    let clauses: Vec<String> = reasons.iter().map(ToString::to_string).collect();
    match clauses.split_last() {
        None => "nothing that it is made from changed".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
