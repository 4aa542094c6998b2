//! Charts of every type of deployment: what Helm and Kubernetes make of them.

mod cases;
mod charts;
mod cluster;
mod defects;
mod install;
mod parity;
mod rendering;
mod values;
