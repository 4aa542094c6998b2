//! A real Docker Engine runs what we write. The programs of the deployment are stand-ins that can
//! fail: see `docs/testing.md`.

mod daemon;
mod deployment;
mod external;
mod images;
mod locked;
mod mutations;
mod plan;
mod restarts;
mod storage;
mod types;
mod verdict;

pub(crate) use daemon::{COMPOSE, Engine};
pub(crate) use images::{PROBES, program, programs};
pub(crate) use plan::{plan, server};
