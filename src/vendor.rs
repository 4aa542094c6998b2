//! The library and the embedded packages as files, for editors and readers.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Writes the library (`clp-gen/`) and each embedded package (`clp/`) below `directory`, and gives
/// the files, sorted. Files that hold the same already are left alone.
///
/// # Errors
///
/// Files with other contents, unless `force` lets go of them: all of them in one report, and
/// nothing is written; whatever the disk refuses.
pub fn vendor(directory: &Path, force: bool) -> Result<Vec<PathBuf>, Failure> {
    let mut files: Vec<(PathBuf, &str)> = nickel::embedded_files()
        .into_iter()
        .map(|(path, text)| (directory.join(path), text))
        .collect();
    files.sort();
    let differs = |(path, text): &&(PathBuf, &str)| {
        path.symlink_metadata().is_ok() && fs::read(path).ok().as_deref() != Some(text.as_bytes())
    };
    let others: Vec<String> =
        files.iter().filter(differs).map(|(path, _)| path.display().to_string()).collect();
    if !force && !others.is_empty() {
        let message =
            format!("these files are there and hold something else: {}", others.join(", "));
        return Err(Failure::input(
            message,
            "Choose another directory, or replace them with --force",
        ));
    }
    for (path, text) in &files {
        write(path, text).map_err(|error| {
            Failure::Environment(format!("cannot write {}: {error}", path.display()))
        })?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// Writes a file, whole or not at all, with the permissions that the user's new files get.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let permissions = fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().permissions(permissions).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
