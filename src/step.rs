//! Names for the moments at which a write can be interrupted.
//!
//! In the program these do nothing. The tests link this library and set [`HOOK`], to end the
//! process at each of them; nothing from outside a process can set it.

use std::sync::OnceLock;

/// What is called at each step.
pub static HOOK: OnceLock<fn(&'static str)> = OnceLock::new();

/// Something was just written, or is about to be.
pub fn step(what: &'static str) {
    if let Some(hook) = HOOK.get() {
        hook(what);
    }
}
