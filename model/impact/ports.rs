//! Who can reach a service, before and after.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::{Name, Port, Protocol, Publish};

/// One number of a port inside the container.
type Inside = (Protocol, u32);

/// What is opened on the host: inside, address, port of the host.
pub(super) fn published(ports: &BTreeMap<Name, Port>) -> BTreeSet<(Inside, Ipv4Addr, u32)> {
    let opened = ports.values().filter_map(|port| {
        // What is spoken changes nothing about who can reach it.
        let Port { container, protocol, count, publish, application: _ } = port;
        let Publish { address, port } = publish.as_ref()?;
        let (container, first) = (u32::from(container.get()), u32::from(port.get()));
        let numbers = 0..u32::from(count.get());
        Some(numbers.map(move |it| ((*protocol, container + it), *address, first + it)))
    });
    opened.flatten().collect()
}

/// What the service listens on, published or not.
pub(super) fn listening(ports: &BTreeMap<Name, Port>) -> BTreeSet<(Protocol, u16, u16)> {
    let inside = ports.values().map(|port| {
        let Port { container, protocol, count, publish: _, application: _ } = port;
        (*protocol, container.get(), count.get())
    });
    inside.collect()
}

/// Whether something is open to more clients than before, wherever on the host it is found.
pub(super) fn widened(before: &BTreeMap<Name, Port>, after: &BTreeMap<Name, Port>) -> bool {
    let before = published(before);
    published(after).iter().any(|(inside, address, _)| {
        let mut known = before.iter().filter(|(it, _, _)| it == inside);
        !known.any(|(_, open, _)| covers(*open, *address))
    })
}

/// Whether whoever reaches `address` reaches `open` too.
fn covers(open: Ipv4Addr, address: Ipv4Addr) -> bool {
    open == address || open.is_unspecified() || (address.is_loopback() && !open.is_loopback())
}
