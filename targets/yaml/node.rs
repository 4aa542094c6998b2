//! A YAML document before it is printed.

/// One value of a document.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A scalar that is printed as it stands: `null`, `true`, `12`.
    Bare(String),
    /// A string, quoted where it has to be.
    Text(String),
    /// A string that is quoted always.
    Quoted(String),
    /// Values in order.
    Sequence(Vec<Node>),
    /// Values by key, in the order in which they were given.
    Mapping(Vec<(String, Node)>),
    /// A value whose lines are noted as coming from a path of the topology.
    At {
        /// The path.
        from: String,
        /// What is printed.
        value: Box<Node>,
    },
}

impl Node {
    /// The node as the key of a mapping, always a string; `None` for collections.
    pub(super) fn into_key(self) -> Option<String> {
        match self {
            Self::Bare(text) | Self::Text(text) | Self::Quoted(text) => Some(text),
            Self::At { from: _, value } => value.into_key(),
            Self::Sequence(_) | Self::Mapping(_) => None,
        }
    }
}
