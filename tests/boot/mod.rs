//! A machine, booted with systemd, runs what we write with Podman. The programs of the deployment
//! are the stand-ins of `engine/`, which can fail.

mod deployment;
mod hostile;
mod images;
mod life;
mod machine;
mod mutations;
mod verdict;

pub(crate) use deployment::printed;
