use serde::ser::{Serialize, SerializeStruct, Serializer};

/// The struct name by which the YAML printer knows an [`At`].
pub(crate) const AT: &str = "$at";

/// A value of the output, and the path of the topology that it comes from.
///
/// Serialises as a struct named [`AT`] with the fields `from` and `value`; the YAML printer
/// writes the value only, and notes which lines it took.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct At<T> {
    /// `services.webui.image`.
    pub(crate) from: String,
    /// What is written.
    pub(crate) value: T,
}

impl<T> At<T> {
    /// `value`, which comes from the path `from`.
    pub(crate) fn new(from: impl Into<String>, value: T) -> Self {
        Self { from: from.into(), value }
    }
}

impl<T: Serialize> Serialize for At<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut at = serializer.serialize_struct(AT, 2)?;
        at.serialize_field("from", &self.from)?;
        at.serialize_field("value", &self.value)?;
        at.end()
    }
}
