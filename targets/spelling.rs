//! Late-bound text, with everything bound that a target knows: what is left are secrets.

use model::{Connect, Diagnostic, External, Name, Segment, Text, Topology};

/// How one target spells what a topology leaves open.
pub(crate) trait Spelling {
    /// The host name by which a workload reaches a deployed service.
    fn host(&self, service: &Name) -> String;

    /// The address by which a workload reaches an external service; refuses one that workloads
    /// of this target cannot reach. `path` is where it is asked for.
    fn external(&self, name: &Name, external: &External, path: &str) -> Result<String, Diagnostic>;

    /// The address that the workload called `workload` listens on.
    fn bind(&self, workload: &Name) -> String;

    /// The package directory, where this target has one; refuses where it has none.
    fn root(&self, path: &str) -> Result<String, Diagnostic>;
}

/// `text` for the workload `reader` (no `Bind` without one), found at `path`: literals and
/// secrets only. `None` for the reader is for files, which belong to no single workload.
pub(crate) fn spell(
    topology: &Topology,
    spelling: &dyn Spelling,
    reader: Option<&Name>,
    path: &str,
    text: &Text,
) -> Result<Text, Diagnostic> {
    let segments = text.segments().iter();
    let spelt = segments.map(|segment| match segment {
        Segment::Literal(_) | Segment::Secret { .. } => Ok(segment.clone()),
        Segment::Image(name) => Ok(Segment::Literal(image(topology, name))),
        Segment::Root => Ok(Segment::Literal(spelling.root(path)?)),
        Segment::Bind => bind(spelling, reader, path),
        Segment::Connect { service, port, part } => {
            connect(topology, spelling, path, (service, port, *part))
        }
    });
    Ok(Text::new(spelt.collect::<Result<Vec<_>, _>>()?))
}

fn image(topology: &Topology, name: &Name) -> String {
    let image = topology.images.get(name).expect("checked: the image exists");
    model::ImageReference(image).to_string()
}

fn bind(spelling: &dyn Spelling, reader: Option<&Name>, path: &str) -> Result<Segment, Diagnostic> {
    let Some(reader) = reader else {
        let message = "a file has no address to listen on: 'Bind belongs to a workload";
        return Err(Diagnostic::value(path, message).hint("Pass the address as an argument"));
    };
    Ok(Segment::Literal(spelling.bind(reader)))
}

fn connect(
    topology: &Topology,
    spelling: &dyn Spelling,
    path: &str,
    (service, port, part): (&Name, &Name, Connect),
) -> Result<Segment, Diagnostic> {
    let (host, number) = match topology.externals.get(service) {
        Some(external) => {
            let number = external.ports.get(port).expect("checked: the port exists");
            (spelling.external(service, external, path)?, *number)
        }
        None => {
            let deployed = topology.services.get(service).expect("checked: the service exists");
            let port = deployed.ports.get(port).expect("checked: the port exists");
            (spelling.host(service), port.container)
        }
    };
    Ok(Segment::Literal(match part {
        Connect::Host => host,
        Connect::Port => number.to_string(),
        Connect::HostPort => format!("{host}:{number}"),
    }))
}
