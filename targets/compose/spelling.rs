//! How Compose spells what a topology leaves open.

use model::{Diagnostic, External, Name, Topology};

use crate::spelling::Spelling;

/// The name by which containers reach the machine that they run on.
pub(super) const THIS_MACHINE: &str = "host.docker.internal";

/// Every workload is known on the project's network by its host name.
pub(super) struct Compose<'a>(pub(super) &'a Topology);

impl Spelling for Compose<'_> {
    fn host(&self, service: &Name) -> String {
        let service_of = |name| Some(&self.0.services.get(name)?.workload);
        let job_of = |name| Some(&self.0.jobs.get(name)?.workload);
        let workload = service_of(service).or_else(|| job_of(service));
        let hostname = workload.and_then(|it| it.hostname.clone());
        hostname.unwrap_or_else(|| service.to_string())
    }

    fn external(&self, _: &Name, external: &External, _: &str) -> Result<String, Diagnostic> {
        Ok(match external.is_this_machine() {
            true => THIS_MACHINE.to_owned(),
            false => external.address.clone(),
        })
    }

    fn bind(&self, workload: &Name) -> String {
        self.host(workload)
    }

    /// Compose resolves paths below the package directory in mounts only, which
    /// [`mounts`](super::mounts) spells itself.
    fn root(&self, path: &str) -> Result<String, Diagnostic> {
        let message = "Compose knows the package directory only as the source of a mount";
        let hint = "Mount what is meant, and write its path inside the container";
        Err(Diagnostic::value(path, message).hint(hint))
    }
}
