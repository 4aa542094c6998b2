//! What the files that took part are called: for people, and in artifacts.

use nickel::File;

pub use crate::yaml::line_column;

/// The names that the user gave to files.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The package: a name, or the folder.
    pub package: String,
    /// Whether the package is inside the program.
    pub embedded: bool,
    /// The configuration.
    pub config: String,
    /// The facts of the machine.
    pub host: String,
    /// The credentials.
    pub credentials: String,
    /// The folder of the project file, empty for the current one.
    pub project: String,
}

impl Names {
    /// What a person calls `file`.
    #[must_use]
    pub fn shown(&self, file: &File) -> String {
        match file {
            File::Package(path) if self.embedded => format!("<{}>/{path}", self.package),
            File::Package(path) => below(&self.package, path),
            File::Library(path) => format!("<library>/{path}"),
            File::Config => self.config.clone(),
            File::Host => self.host.clone(),
            File::Credentials => self.credentials.clone(),
            File::Project(path) => below(&self.project, path),
            File::Set(_) => "--set".to_owned(),
            File::Nickel => "<nickel>".to_owned(),
        }
    }
}

fn below(folder: &str, path: &str) -> String {
    if folder.is_empty() {
        path.to_owned()
    } else {
        format!("{}/{path}", folder.trim_end_matches('/'))
    }
}

/// What `file` is called in an artifact: the same wherever the files are.
#[must_use]
pub fn stable(file: &File) -> String {
    match file {
        File::Package(path) => format!("package/{path}"),
        File::Library(path) => format!("library/{path}"),
        File::Config => "config".to_owned(),
        File::Host => "host".to_owned(),
        File::Credentials => "credentials".to_owned(),
        File::Project(path) => format!("project/{path}"),
        File::Set(number) => format!("set/{number}"),
        File::Nickel => "nickel".to_owned(),
    }
}
