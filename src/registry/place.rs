//! Where an image is looked up.

use std::collections::BTreeMap;

use super::trouble::{Kind, Trouble};

/// The registry of names without one.
pub const HUB: &str = "docker.io";

/// The repository of a registry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// The registry that is asked, `host` or `host:port`: the image's own, or its mirror.
    pub registry: String,
    /// The repository there: `library/redis`.
    pub path: String,
}

impl Place {
    /// Where `repository` is looked up, as Docker understands names.
    #[must_use]
    pub fn new(repository: &str, mirrors: &BTreeMap<String, String>) -> Self {
        let (registry, path) = parts(repository);
        let Some(mirror) = mirrors.get(&registry) else {
            return Self { registry, path };
        };
        match mirror.split_once('/') {
            Some((host, prefix)) => {
                let path = format!("{}/{path}", prefix.trim_end_matches('/'));
                Self { registry: host.to_owned(), path }
            }
            None => Self { registry: mirror.clone(), path },
        }
    }

    /// The host that answers for the registry.
    #[must_use]
    pub fn host(&self) -> &str {
        if self.registry == HUB { "registry-1.docker.io" } else { &self.registry }
    }

    /// The names under which a configuration of Docker's may have credentials, likeliest first.
    #[must_use]
    pub fn servers(&self) -> Vec<&str> {
        match self.registry.as_str() {
            HUB => vec!["https://index.docker.io/v1/", "index.docker.io", HUB],
            registry => vec![registry],
        }
    }

    /// What an authorisation holds for.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}/{}", self.registry, self.path)
    }

    /// A trouble with a tag or digest of this repository.
    #[must_use]
    pub fn trouble(&self, reference: &str, kind: Kind) -> Trouble {
        let joint = if reference.contains(':') { '@' } else { ':' };
        let what = format!("{}/{}{joint}{reference}", self.registry, self.path);
        Trouble { registry: self.registry.clone(), what, kind }
    }
}

/// What is wrong with the name of an image that is to be looked up, by the grammar of references.
#[must_use]
pub fn mistake(repository: &str, tag: &str) -> Option<String> {
    let (registry, path) = parts(repository);
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    if !registry.chars().all(is_host) || !path.split('/').all(is_component) {
        return Some(format!("`{repository}` is no repository of images"));
    }
    let is_tag = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let starts = tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    (!starts || tag.len() > 128 || !tag.chars().all(is_tag)).then(|| format!("`{tag}` is no tag"))
}

/// Lower-case letters and digits, with `.`, `_`, `__` or dashes between them.
fn is_component(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_joint = |it: &str| matches!(it, "." | "_" | "__") || it.chars().all(|c| c == '-');
    let mut joints = text.split(is_inner).filter(|it| !it.is_empty());
    text.starts_with(is_inner) && text.ends_with(is_inner) && joints.all(is_joint)
}

/// The registry of a repository and the path in it. A first part with a dot or a colon in it, or
/// `localhost`, is a registry.
fn parts(repository: &str) -> (String, String) {
    match repository.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => match first {
            "index.docker.io" | HUB if !rest.contains('/') => {
                (HUB.to_owned(), format!("library/{rest}"))
            }
            "index.docker.io" => (HUB.to_owned(), rest.to_owned()),
            _ => (first.to_owned(), rest.to_owned()),
        },
        Some(_) => (HUB.to_owned(), repository.to_owned()),
        None => (HUB.to_owned(), format!("library/{repository}")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Place, mistake};

    #[test]
    fn names_are_checked_before_they_are_part_of_an_address() {
        for (repository, tag) in [
            ("redis", "7.2.4"),
            ("a__b/c.d_e-f--g", "_"),
            ("Example.org:5000/a", "V1"),
            ("[::1]:5000/a", "1"),
        ] {
            assert_eq!(mistake(repository, tag), None, "{repository}:{tag}");
        }
        for (repository, tag) in [
            ("", "1"),
            ("a b", "1"),
            ("A", "1"),
            ("a/../b", "1"),
            ("a?b", "1"),
            ("a//b", "1"),
            ("a.example/", "1"),
            ("a@sha256:1", "1"),
            ("http://a.example/b", "1"),
            ("a", ""),
            ("a", "-"),
            ("a", "1@sha256:1"),
            ("a", "1/2"),
        ] {
            assert!(mistake(repository, tag).is_some(), "{repository}:{tag}");
        }
    }

    #[test]
    fn names_mean_what_docker_makes_of_them() {
        let mirrors = [("docker.io", "mirror.example.org:5000/hub"), ("a.example", "b.example")];
        let mirrors: BTreeMap<_, _> =
            mirrors.into_iter().map(|(from, to)| (from.to_owned(), to.to_owned())).collect();
        for (repository, plain, mirrored) in [
            ("redis", "docker.io library/redis", "mirror.example.org:5000 hub/library/redis"),
            ("a/b", "docker.io a/b", "mirror.example.org:5000 hub/a/b"),
            (
                "docker.io/redis",
                "docker.io library/redis",
                "mirror.example.org:5000 hub/library/redis",
            ),
            ("ghcr.io/a/b/c", "ghcr.io a/b/c", "ghcr.io a/b/c"),
            ("a.example/b", "a.example b", "b.example b"),
            ("localhost/b", "localhost b", "localhost b"),
            ("127.0.0.1:5000/b", "127.0.0.1:5000 b", "127.0.0.1:5000 b"),
        ] {
            let shown = |it: Place| format!("{} {}", it.registry, it.path);
            assert_eq!(shown(Place::new(repository, &BTreeMap::new())), plain);
            assert_eq!(shown(Place::new(repository, &mirrors)), mirrored);
        }
    }
}
