//! From what serde can serialise to a [`Node`].

use std::fmt;

use serde::ser::{self, Serialize};

use super::node::Node;
use super::{QUOTED, scalar};
use crate::at::AT;

/// How `serde_json` names a number that it keeps as text, where that feature is switched on.
const EXACT_NUMBER: &str = "$serde_json::private::Number";

/// Why a value is no YAML document: its own `Serialize` says so, or a key is no scalar.
#[derive(Debug)]
pub(super) struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Result<T> = std::result::Result<T, Error>;

/// Makes one node.
pub(super) struct TreeSerializer;

impl ser::Serializer for TreeSerializer {
    type Ok = Node;
    type Error = Error;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Items;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    fn serialize_bool(self, value: bool) -> Result<Node> {
        Ok(Node::Bare(value.to_string()))
    }

    fn serialize_i8(self, value: i8) -> Result<Node> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<Node> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<Node> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<Node> {
        Ok(Node::Bare(value.to_string()))
    }

    fn serialize_u8(self, value: u8) -> Result<Node> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<Node> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<Node> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<Node> {
        Ok(Node::Bare(value.to_string()))
    }

    fn serialize_f32(self, value: f32) -> Result<Node> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Node> {
        let text = match serde_json::Number::from_f64(value) {
            Some(number) => scalar::number(&number.to_string()),
            None if value.is_nan() => ".nan".to_owned(),
            None if value > 0.0 => ".inf".to_owned(),
            None => "-.inf".to_owned(),
        };
        Ok(Node::Bare(text))
    }

    fn serialize_char(self, value: char) -> Result<Node> {
        Ok(Node::Text(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<Node> {
        Ok(Node::Text(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Node> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<Node> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Node> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Node> {
        Ok(Node::Bare("null".to_owned()))
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Node> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Node> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Node> {
        Ok(match value.serialize(self)? {
            Node::Text(text) if name == QUOTED => Node::Quoted(text),
            node => node,
        })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Node> {
        Ok(Node::Mapping(vec![(variant.to_owned(), value.serialize(self)?)]))
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Items> {
        Ok(Items::default())
    }

    fn serialize_tuple(self, _length: usize) -> Result<Items> {
        Ok(Items::default())
    }

    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Items> {
        Ok(Items::default())
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Items> {
        Ok(Items { variant: Some(variant), items: vec![] })
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Entries> {
        Ok(Entries::default())
    }

    fn serialize_struct(self, name: &'static str, _length: usize) -> Result<Entries> {
        Ok(Entries { name, ..Entries::default() })
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Entries> {
        Ok(Entries { variant: Some(variant), ..Entries::default() })
    }
}

/// A variant of an enum that holds something is a mapping with its name as the one key.
fn under(variant: Option<&'static str>, node: Node) -> Node {
    match variant {
        Some(variant) => Node::Mapping(vec![(variant.to_owned(), node)]),
        None => node,
    }
}

/// Makes a sequence.
#[derive(Default)]
pub(super) struct Items {
    variant: Option<&'static str>,
    items: Vec<Node>,
}

impl Items {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.items.push(value.serialize(TreeSerializer)?);
        Ok(())
    }

    fn finish(self) -> Node {
        under(self.variant, Node::Sequence(self.items))
    }
}

/// Makes a mapping.
#[derive(Default)]
pub(super) struct Entries {
    name: &'static str,
    variant: Option<&'static str>,
    key: Option<String>,
    entries: Vec<(String, Node)>,
}

impl Entries {
    fn push<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        self.entries.push((key.to_owned(), value.serialize(TreeSerializer)?));
        Ok(())
    }

    fn finish(self) -> Node {
        let mut values = self.entries.iter().map(|(_, value)| value);
        match (self.name, values.next(), values.next()) {
            (AT, Some(Node::Text(from)), Some(_)) => traced(from.clone(), self.entries),
            (EXACT_NUMBER, Some(Node::Text(json)), None) => Node::Bare(scalar::number(json)),
            _ => under(self.variant, Node::Mapping(self.entries)),
        }
    }
}

/// The second of `entries`, which comes from the path `from`.
fn traced(from: String, mut entries: Vec<(String, Node)>) -> Node {
    let (_, value) = entries.swap_remove(1);
    Node::At { from, value: Box::new(value) }
}

/// The four kinds of sequence are one to YAML.
macro_rules! sequence {
    ($($kind:ident $push:ident),*) => {$(
        impl ser::$kind for Items {
            type Ok = Node;
            type Error = Error;

            fn $push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.push(value)
            }

            fn end(self) -> Result<Node> {
                Ok(self.finish())
            }
        }
    )*};
}

sequence!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

/// Both kinds of struct are one to YAML.
macro_rules! structure {
    ($($kind:ident),*) => {$(
        impl ser::$kind for Entries {
            type Ok = Node;
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<()> {
                self.push(key, value)
            }

            fn end(self) -> Result<Node> {
                Ok(self.finish())
            }
        }
    )*};
}

structure!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Entries {
    type Ok = Node;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        let key = key.serialize(TreeSerializer)?.into_key();
        self.key = Some(key.ok_or_else(|| Error("a key is no scalar".to_owned()))?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let key = self.key.take().expect("serde gives a key before its value");
        self.entries.push((key, value.serialize(TreeSerializer)?));
        Ok(())
    }

    fn end(self) -> Result<Node> {
        Ok(self.finish())
    }
}
