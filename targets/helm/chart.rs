//! What lowering gathers on its way: names, secrets, waits, problems and emulations.
//!
//! **Invariant.** A problem is gathered, not returned: every place that a chart cannot express is
//! reported at once.

use std::collections::{BTreeMap, BTreeSet};

use model::{Diagnostic, Name, Topology};

use super::claim::Claim;
use super::edges;
use super::expression::{bare, expression};
use super::names::label;
use super::text::Composed;

/// A chart in the making.
pub(super) struct Chart<'a> {
    pub(super) topology: &'a Topology,
    /// What the chart is called; its templates' names start with it.
    pub(super) name: String,
    /// Derived secrets by their key in the `Secret`.
    pub(super) derived: BTreeMap<String, Composed>,
    /// Persistent volume claims by their suffix.
    pub(super) claims: BTreeMap<String, Claim>,
    /// The volumes that are claimed, by themselves or for each pod.
    pub(super) claimed: BTreeSet<Name>,
    /// What some workload waits for.
    pub(super) waits: BTreeSet<Wait>,
    /// Edges between workloads that the topology does not have, by dependent.
    pub(super) edges: BTreeMap<Name, BTreeSet<Name>>,
    /// What is kept in spirit only: path, and how.
    pub(super) emulated: BTreeMap<String, &'static str>,
    /// What cannot be kept.
    pub(super) problems: Vec<Diagnostic>,
}

/// An object of the API's that has to be readable.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Wait {
    /// Until enough pods of a service are ready.
    Ready(Name),
    /// Until a job has succeeded.
    Succeeded(Name),
    /// Until pods run: pods are listed, not named.
    Running,
}

impl<'a> Chart<'a> {
    /// The empty chart of `topology`.
    pub(super) fn new(topology: &'a Topology) -> Self {
        Self {
            topology,
            name: label(topology.package.name.as_str()),
            derived: BTreeMap::new(),
            claims: BTreeMap::new(),
            claimed: BTreeSet::new(),
            waits: BTreeSet::new(),
            edges: edges::connected(topology),
            emulated: BTreeMap::new(),
            problems: vec![],
        }
    }

    /// The name of an object, as part of a string: `<fullname>-<suffix>`.
    pub(super) fn object(&self, suffix: &str) -> String {
        format!("{}-{suffix}", self.include("fullname", "."))
    }

    /// What one of the chart's own templates renders to, as part of a string.
    pub(super) fn include(&self, template: &str, argument: &str) -> String {
        expression(&format!("{{{{ {} }}}}", self.call(template, argument)))
    }

    /// What one of the chart's own templates renders to, as a value.
    pub(super) fn value(&self, template: &str, argument: &str) -> String {
        bare(&format!("{{{{ {} }}}}", self.call(template, argument)))
    }

    /// The call of one of the chart's own templates, for use in an expression.
    pub(super) fn call(&self, template: &str, argument: &str) -> String {
        format!("include \"{}.{template}\" {argument}", self.name)
    }

    /// The labels of an object; those of the whole chart have no component.
    pub(super) fn labels(&self, component: &str) -> String {
        self.value("labels", &format!("(list . \"{component}\")"))
    }

    /// The labels that select the pods of a workload, which never change.
    pub(super) fn selector(&self, component: &str) -> String {
        self.value("selectorLabels", &format!("(list . \"{component}\")"))
    }

    /// The reference of an image, as part of a string.
    pub(super) fn image(&self, image: &Name) -> String {
        self.include("image", &format!("(index .Values.images \"{image}\")"))
    }

    /// Notes a place that a chart cannot express.
    pub(super) fn refuse(&mut self, path: impl Into<String>, message: &str, hint: &str) {
        self.problems.push(Diagnostic::value(path, message).hint(hint));
    }

    /// Notes a place that is kept in spirit only.
    pub(super) fn emulate(&mut self, path: impl Into<String>, how: &'static str) {
        self.emulated.insert(path.into(), how);
    }
}
