//! What strace noted: what was started, written and named.

use std::path::Path;

use super::needles::Needles;

/// Everything by which a text can leave a process.
pub(super) const CALLS: [&str; 31] = [
    "execve",
    "execveat",
    "open",
    "openat",
    "openat2",
    "creat",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "sendto",
    "sendmsg",
    "sendmmsg",
    "sendfile",
    "splice",
    "copy_file_range",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "mkdir",
    "mkdirat",
    "unlink",
    "unlinkat",
    "memfd_create",
    "setxattr",
    "connect",
];

/// Checks every call.
pub(super) fn check(trace: &str, folder: &Path, needles: &Needles, shown: &str) {
    assert!(trace.contains("execve("), "{shown}: strace noted something");
    let folder = folder.to_str().unwrap();
    for line in trace.lines() {
        let Some((call, rest)) = line.split_once('(') else { continue };
        let call = call.rsplit(' ').next().unwrap_or_default();
        if call.starts_with("open") {
            opened(rest, folder, shown);
        }
        // A staged file may hold secrets: it is searched under the name that it gets.
        if call.contains("write") && is_staged(rest, folder) {
            continue;
        }
        needles.absent(line, &format!("{shown}: {call}"));
    }
}

/// Files are written below the folder only.
fn opened(rest: &str, folder: &str, shown: &str) {
    let writes = ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|it| rest.contains(it));
    let path = rest.split('"').nth(1).unwrap_or_default();
    let inside = !path.starts_with('/') || path.starts_with(folder) || path.starts_with("/dev/");
    assert!(!writes || inside, "{shown}: writes {path}");
}

/// Whether a file descriptor is that of a file with a temporary name.
fn is_staged(rest: &str, folder: &str) -> bool {
    let path = rest.split_once('<').and_then(|(_, it)| it.split_once('>')).map(|(path, _)| path);
    path.is_some_and(|it| it.starts_with(folder) && it.contains("/.clp-gen-"))
}
