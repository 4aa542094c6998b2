//! What a user's YAML file says, as data with spans: what the driver reads and Nickel sees.

/// A range of bytes of a text.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// A value, and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Its place in the file.
    pub span: Span,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number, exact.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// A string.
    String(String),
    /// Values in order.
    List(Vec<Node>),
    /// Values by key, in the order of the file; no key twice.
    Map(Vec<Entry>),
}

/// One key of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Its place in the file.
    pub key_span: Span,
    /// What it holds.
    pub value: Node,
}

impl Node {
    /// Whether it is a map without a key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(&self.value, Value::Map(entries) if entries.is_empty())
    }

    /// The node at a dotted path below this one, and the entry that names it.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<(&Entry, &Node)> {
        let mut node = self;
        let mut found = None;
        for key in path.split('.') {
            let Value::Map(entries) = &node.value else {
                return None;
            };
            let entry = entries.iter().find(|entry| entry.key == key)?;
            node = &entry.value;
            found = Some((entry, node));
        }
        found
    }

    /// The dotted path of the node or key at this place: what has exactly its span, else what
    /// starts where it starts. The root's is empty.
    #[must_use]
    pub fn path_at(&self, span: Span) -> Option<String> {
        self.path_where(&|it| it == span).or_else(|| self.path_where(&|it| it.start == span.start))
    }

    /// What a report about this place points at: what starts on a line below its key is headed by
    /// that key.
    #[must_use]
    pub fn heading(&self, span: Span, text: &str) -> Span {
        let Some(Entry { key: _, key_span, value }) = self.entry_of(span) else {
            return span;
        };
        let between = text.get(key_span.end..value.span.start).unwrap_or_default();
        if between.contains('\n') { *key_span } else { span }
    }

    /// The entry whose value has exactly this span.
    fn entry_of(&self, span: Span) -> Option<&Entry> {
        match &self.value {
            Value::Map(entries) => entries.iter().find_map(|entry| {
                let below = entry.value.entry_of(span);
                below.or_else(|| (entry.value.span == span).then_some(entry))
            }),
            Value::List(items) => items.iter().find_map(|item| item.entry_of(span)),
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::String(_) => None,
        }
    }

    fn path_where(&self, wanted: &dyn Fn(Span) -> bool) -> Option<String> {
        match &self.value {
            Value::Map(entries) => entries.iter().find_map(|entry| {
                let Entry { key, key_span, value } = entry;
                match value.path_where(wanted) {
                    Some(below) if !below.is_empty() => Some(format!("{key}.{below}")),
                    Some(_) => Some(key.clone()),
                    None => wanted(*key_span).then(|| key.clone()),
                }
            }),
            Value::List(items) => {
                items.iter().any(|it| it.path_where(wanted).is_some()).then(String::new)
            }
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::String(_) => None,
        }
        .or_else(|| wanted(self.span).then(String::new))
    }
}
