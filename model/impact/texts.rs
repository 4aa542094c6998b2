//! Whether late-bound texts become the same.

use std::collections::BTreeMap;

use super::Pair;
use crate::{Connect, Content, Data, Name, Secret, Segment, Text, Topology};

/// Whether two texts become the same, each in its own topology.
pub(super) fn same(pair: Pair<'_>, one: &Text, other: &Text) -> bool {
    let before = one.segments().iter().map(|it| bind(pair.before, it));
    before.eq(other.segments().iter().map(|it| bind(pair.after, it)))
}

/// Whether two lists of texts become the same.
pub(super) fn same_lists(pair: Pair<'_>, one: Option<&[Text]>, other: Option<&[Text]>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same(pair, a, b))
        }
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// Whether texts by name become the same.
pub(super) fn same_maps(
    pair: Pair<'_>,
    one: &BTreeMap<String, Text>,
    other: &BTreeMap<String, Text>,
) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|((a, one), (b, other))| a == b && same(pair, one, other))
}

/// Whether the contents of two files become the same.
pub(super) fn same_contents(pair: Pair<'_>, one: &Content, other: &Content) -> bool {
    match (one, other) {
        (Content::Yaml(one), Content::Yaml(other)) | (Content::Json(one), Content::Json(other)) => {
            same_data(pair, one, other)
        }
        (Content::Text(one), Content::Text(other)) => same(pair, one, other),
        _ => false,
    }
}

fn same_data(pair: Pair<'_>, one: &Data, other: &Data) -> bool {
    match (one, other) {
        (Data::Text(one), Data::Text(other)) => same(pair, one, other),
        (Data::List(one), Data::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same_data(pair, a, b))
        }
        (Data::Map(one), Data::Map(other)) => {
            let mut both = one.iter().zip(other);
            one.len() == other.len() && both.all(|((a, x), (b, y))| a == b && same_data(pair, x, y))
        }
        _ => one == other,
    }
}

/// What a segment stands for, as far as the topology knows.
#[derive(Eq, PartialEq)]
enum Bound<'a> {
    AsItIs(&'a Segment),
    Secret(&'a Segment, Option<&'a Secret>),
    Image(Option<&'a crate::Image>),
    Address { host: Option<&'a str>, port: Option<u16> },
}

fn bind<'a>(topology: &'a Topology, segment: &'a Segment) -> Bound<'a> {
    match segment {
        Segment::Literal(_) | Segment::Root | Segment::Bind => Bound::AsItIs(segment),
        Segment::Secret { name, encoding: _ } => Bound::Secret(segment, topology.secrets.get(name)),
        Segment::Image(name) => Bound::Image(topology.images.get(name)),
        Segment::Connect { service, port, part } => {
            let (host, number) = address(topology, service, port);
            match part {
                Connect::Host => Bound::Address { host, port: None },
                Connect::Port => Bound::Address { host: None, port: number },
                Connect::HostPort => Bound::Address { host, port: number },
            }
        }
    }
}

/// How a service is found: where it runs elsewhere, there; else by its name.
fn address<'a>(
    topology: &'a Topology,
    service: &'a Name,
    port: &Name,
) -> (Option<&'a str>, Option<u16>) {
    if let Some(external) = topology.externals.get(service) {
        let number = external.ports.get(port).map(|it| it.get());
        return (Some(&external.address), number);
    }
    let Some(found) = topology.services.get(service) else {
        return (None, None);
    };
    let host = found.workload.hostname.as_deref().unwrap_or(service.as_str());
    (Some(host), found.ports.get(port).map(|it| it.container.get()))
}
