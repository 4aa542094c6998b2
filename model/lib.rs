//! The typed topology: the one vocabulary that the front end and the back ends share.
//!
//! **Invariant.** Nothing here knows of Nickel, of a target, of the file system or of the clock.

mod check;
mod data;
mod diagnostic;
mod discreet;
mod external;
mod file;
mod health;
mod image;
pub mod impact;
mod lock;
mod mount;
mod name;
mod port;
mod resolve;
mod secret;
mod systemd;
mod text;
mod topology;
mod user;
mod volume;
mod workload;

pub use check::check;
pub use data::Data;
pub use diagnostic::{Diagnostic, Place};
pub use discreet::Discreet;
pub use external::External;
pub use file::{Content, File};
pub use health::{Health, Probe};
pub use image::{Image, ImageReference};
pub use lock::{Lock, Pin, Pinned};
pub use mount::{Mount, MountSource};
pub use name::{InvalidName, Name};
pub use port::{Application, Port, Protocol, Publish};
pub use resolve::{resolve, used_images};
pub use secret::{Secret, SecretSource};
pub use systemd::{PodmanVersion, Scope, Systemd};
pub use text::{Connect, Encoding, Segment, Text};
pub use topology::{Package, Topology};
pub use user::User;
pub use volume::{Access, Volume};
pub use workload::{Condition, Job, Logging, Resources, Restart, Service, Workload};
