//! What is mounted into the container.

use std::collections::BTreeSet;
use std::fs;

/// The places that something is mounted at.
pub fn all() -> Result<BTreeSet<String>, String> {
    let text = fs::read_to_string("/proc/self/mountinfo").map_err(|it| it.to_string())?;
    Ok(text.lines().filter_map(|it| it.split(' ').nth(4)).map(ToOwned::to_owned).collect())
}

/// Writes a file of its own into a directory.
pub fn written(path: &str) -> Result<(), String> {
    let place = format!("{path}/.stand-in-{}", std::process::id());
    fs::write(&place, "")
        .and_then(|()| fs::remove_file(&place))
        .map_err(|it| format!("cannot write to {path}: {it}"))
}

/// Whether a mount is as the plan says it is.
pub fn check(place: &str, read_only: bool) -> Result<(), String> {
    if !all()?.contains(place) {
        return Err(format!("{place} is not mounted"));
    }
    let kind = fs::metadata(place).map_err(|it| format!("cannot see {place}: {it}"))?;
    if !kind.is_dir() {
        return fs::File::open(place).map(drop).map_err(|it| format!("cannot read {place}: {it}"));
    }
    fs::read_dir(place).map_err(|it| format!("cannot read {place}: {it}"))?;
    match (read_only, written(place)) {
        (false, done) => done,
        (true, Ok(())) => Err(format!("{place} can be written to")),
        (true, Err(_)) => Ok(()),
    }
}
