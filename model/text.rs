use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Name;

/// Text whose parts may be known only later: at activation, or only to one target.
///
/// In the topology a text without such parts is a plain string; any other is
/// `{ "$text": [segment, …] }`, which is what Nickel's `text-s%"…"%` becomes.
/// Neighbouring literals are joined and empty ones dropped, so equal texts compare equal.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Text(Vec<Segment>);

/// One part of a [`Text`].
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub enum Segment {
    /// Text as it stands.
    Literal(String),
    /// The value of a secret, read at activation and encoded for where it stands.
    Secret {
        /// A key of `secrets`.
        name: Name,
        /// How the value is written into the text around it.
        #[serde(default, skip_serializing_if = "Encoding::is_none")]
        encoding: Encoding,
    },
    /// The full reference of an image: a key of `images`.
    Image(Name),
    /// The package directory, an absolute path known only at installation.
    Root,
    /// Where the workload that holds this text finds a service (which may be itself).
    Connect {
        /// A key of `services` or `externals`.
        service: Name,
        /// A key of that service's `ports`.
        port: Name,
        /// Which part of the address.
        part: Connect,
    },
    /// The address on which the workload that holds this text listens: its own host name where
    /// a name can be bound, all addresses where it cannot (a Kubernetes service's cannot).
    Bind,
}

/// Which part of an address is meant.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Connect {
    /// The host name or IP address.
    Host,
    /// The port number.
    Port,
    /// `host:port`.
    HostPort,
}

/// How a secret is written into the text around it, once, at activation.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Encoding {
    /// Byte for byte.
    #[default]
    None,
    /// Percent-encoded for the user information of a URL (RFC 3986, section 3.2.1).
    UserInfo,
    /// Percent-encoded for one value of a URL's query (RFC 3986, section 3.4).
    Query,
    /// For the inside of double quotes, where `\` makes a `"` or `\` after it plain.
    Quoted,
}

impl Encoding {
    fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// `value` as it stands in the text. In a URL everything but RFC 3986's unreserved characters is
    /// percent-encoded, which is safe in both places and decodes to the same bytes.
    #[must_use]
    pub fn encode(self, value: &str) -> String {
        match self {
            Self::None => value.to_owned(),
            Self::UserInfo | Self::Query => value.bytes().map(percent_encoded).collect(),
            Self::Quoted => value.replace('\\', "\\\\").replace('"', "\\\""),
        }
    }
}

fn percent_encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        return char::from(byte).to_string();
    }
    format!("%{byte:02X}")
}

impl Text {
    /// The text of these parts.
    #[must_use]
    pub fn new(parts: impl IntoIterator<Item = Segment>) -> Self {
        let mut segments: Vec<Segment> = vec![];
        for part in parts {
            match (segments.last_mut(), part) {
                (_, Segment::Literal(more)) if more.is_empty() => {}
                (Some(Segment::Literal(before)), Segment::Literal(more)) => before.push_str(&more),
                (_, part) => segments.push(part),
            }
        }
        Self(segments)
    }

    /// The parts, in order; none for the empty text.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The whole text, where nothing in it is bound late.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Segment::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether a secret is part of it.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.secrets().next().is_some()
    }

    /// The secrets in it, in order of appearance.
    pub fn secrets(&self) -> impl Iterator<Item = (&Name, Encoding)> {
        self.0.iter().filter_map(|segment| match segment {
            Segment::Secret { name, encoding } => Some((name, *encoding)),
            Segment::Literal(_)
            | Segment::Image(_)
            | Segment::Root
            | Segment::Connect { .. }
            | Segment::Bind => None,
        })
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new([Segment::Literal(text.to_owned())])
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::new([Segment::Literal(text)])
    }
}

/// The wire form of a text with late-bound parts. Literals are bare strings in it, so a segment
/// without anything in it is a map.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(rename = "$text")]
    segments: Vec<WireSegment>,
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum WireSegment {
    Literal(String),
    Unit(WireUnit),
    Late(Segment),
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
enum WireUnit {
    Bind {},
    Root {},
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WireText {
    Plain(String),
    Late(Wire),
}

impl From<&Segment> for WireSegment {
    fn from(segment: &Segment) -> Self {
        match segment {
            Segment::Literal(text) => Self::Literal(text.clone()),
            Segment::Bind => Self::Unit(WireUnit::Bind {}),
            Segment::Root => Self::Unit(WireUnit::Root {}),
            Segment::Secret { .. } | Segment::Image(_) | Segment::Connect { .. } => {
                Self::Late(segment.clone())
            }
        }
    }
}

impl From<WireSegment> for Segment {
    fn from(wire: WireSegment) -> Self {
        match wire {
            WireSegment::Literal(text) => Self::Literal(text),
            WireSegment::Unit(WireUnit::Bind {}) => Self::Bind,
            WireSegment::Unit(WireUnit::Root {}) => Self::Root,
            WireSegment::Late(segment) => segment,
        }
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_literal() {
            Some(literal) => literal.serialize(serializer),
            None => {
                let segments = self.0.iter().map(WireSegment::from).collect();
                Wire { segments }.serialize(serializer)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match WireText::deserialize(deserializer)? {
            WireText::Plain(text) => Self::from(text),
            WireText::Late(Wire { segments }) => Self::new(segments.into_iter().map(Segment::from)),
        })
    }
}
