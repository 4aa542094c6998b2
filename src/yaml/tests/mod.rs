//! Tests of the reader, by subject.

use nickel::{Node, Value};

use super::{Document, Problem, parse};

mod documents;
mod hostile;
mod mistakes;
mod scalars;
mod secrets;

fn document(text: &str) -> Document {
    parse(text.as_bytes()).unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
}

fn problems(text: &str) -> Vec<Problem> {
    parse(text.as_bytes()).err().unwrap_or_else(|| panic!("{text} is read without a problem"))
}

/// The node at a dotted path.
fn at<'a>(document: &'a Document, path: &str) -> &'a Node {
    let root = document.root.as_ref().expect("the file has a value");
    path.split('.').fold(root, |node, key| match &node.value {
        Value::Map(entries) => {
            &entries.iter().find(|entry| entry.key == key).expect("the key is there").value
        }
        _ => unreachable!("{path} leads through maps"),
    })
}
