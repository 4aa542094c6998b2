//! The form of `clp-gen.lock`: TOML, a block for each image in the order of their names.
//!
//! **Rules for changing it.** A key is never given another meaning. A key that an older clp-gen may
//! pass over can be added to [`FORMAT`]; any other change counts it up, and stays readable here.
//! `version` stays on a line of its own before everything else, so that an older clp-gen can say
//! what it cannot read. Nothing that changes by itself, a time above all, stands in it.

use std::collections::BTreeMap;
use std::ops::Range;

use model::Name;
use serde::{Deserialize, Serialize};

use super::{Found, ImageDigest, Lock, Locked, Manifest, Package};
use crate::report::Shown;

/// The version of the format.
pub const FORMAT: u32 = 1;

/// What stands above a lock.
const HEAD: &str = "\
# Which bytes each image tag stood for when it was looked up. Made by `clp-gen lock`; keep it with
# the configuration. Format: docs/lock-format.md of clp-gen.
";

/// The last line: a lock without it was cut off.
const END: &str = "# end";

const RESTORE: &str =
    "Take it from version control again, or remove it and make a new one with `clp-gen lock`";

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    version: u32,
    package: WirePackage,
    #[serde(default, rename = "image", skip_serializing_if = "Vec::is_empty")]
    images: Vec<WireImage>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WirePackage {
    name: Name,
    version: String,
    digest: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct WireImage {
    name: Name,
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<WireDigest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<WireDigest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    platforms: BTreeMap<String, WireDigest>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
struct WireDigest(ImageDigest);

impl TryFrom<String> for WireDigest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no digest: `sha256:` and 64 hexadecimal digits");
        ImageDigest::parse(&text).map(Self).ok_or_else(wrong)
    }
}

impl From<WireDigest> for String {
    fn from(digest: WireDigest) -> Self {
        digest.0.0
    }
}

/// The text of a lock.
///
/// # Panics
///
/// Never: a lock is plain data.
#[must_use]
pub fn print(lock: &Lock) -> String {
    let Lock { package: Package { name, version, digest }, images } = lock;
    let wire = Wire {
        version: FORMAT,
        package: WirePackage {
            name: name.clone(),
            version: version.clone(),
            digest: digest.clone(),
        },
        images: images.iter().map(|(name, locked)| wire_image(name, locked)).collect(),
    };
    let text = toml::to_string(&wire).expect("a lock is plain data");
    format!("{HEAD}{text}\n{END}\n")
}

fn wire_image(name: &Name, Locked { reference, found }: &Locked) -> WireImage {
    let (name, reference) = (name.clone(), reference.clone());
    let digest = |digest: &ImageDigest| WireDigest(digest.clone());
    match found {
        Found::Local { id } => WireImage {
            name,
            reference,
            local: Some(digest(id)),
            digest: None,
            media_type: None,
            platforms: BTreeMap::new(),
        },
        Found::Registry(Manifest { digest: found, media_type, platforms }) => WireImage {
            name,
            reference,
            local: None,
            digest: Some(digest(found)),
            media_type: media_type.clone(),
            platforms: platforms.iter().map(|(name, it)| (name.clone(), digest(it))).collect(),
        },
    }
}

/// The lock that `bytes` are; `file` is what the user calls it.
///
/// # Errors
///
/// One report: bytes that are no text, marks of a merge that was not finished, a newer format, an
/// end that is missing, TOML or a value that cannot be read, in this order.
pub fn parse(bytes: &[u8], file: &str) -> Result<Lock, Shown> {
    let restore = || Some(RESTORE.to_owned());
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(Shown::file(file, "this is no lock: it is not UTF-8 text", restore()));
    };
    let at = |span: (usize, usize), message: &str, help: Option<String>| {
        Shown::at(file, text, span, message, help)
    };
    if let Some(span) = conflict(text) {
        let help = "Finish the merge: keep one side, and then `clp-gen lock` adds what is missing";
        let message = "this lock holds the marks of a merge that is not finished";
        return Err(at(span, message, Some(help.to_owned())));
    }
    if let Some((version, span)) = version(text).filter(|(version, _)| *version > u64::from(FORMAT))
    {
        let message =
            format!("this lock has format {version}, and this clp-gen knows up to {FORMAT}");
        return Err(at(
            span,
            &message,
            Some("Use the clp-gen that made it, or a newer one".into()),
        ));
    }
    if text.trim_end().lines().next_back() != Some(END) {
        let message = format!("this lock is cut off: its last line, `{END}`, is missing");
        return Err(Shown::file(file, message, restore()));
    }
    let wire: Wire = toml::from_str(text).map_err(|error| {
        let Range { start, end } = error.span().unwrap_or(0..0);
        at((start, end), &format!("this lock cannot be read: {}", error.message()), restore())
    })?;
    lock(wire).map_err(|message| Shown::file(file, message, restore()))
}

/// Where the first mark of an unfinished merge is.
fn conflict(text: &str) -> Option<(usize, usize)> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let mark =
            ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|it| line.starts_with(it));
        if mark {
            return Some((start, start + line.trim_end().len()));
        }
        start += line.len();
    }
    None
}

/// The format that a lock says it has, and where. It is looked for by itself, because a newer
/// format may be no TOML.
fn version(text: &str) -> Option<(u64, (usize, usize))> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let value = line.strip_prefix("version").map(str::trim_start);
        if let Some(value) = value.and_then(|it| it.strip_prefix('=')) {
            let version = value.trim().parse().ok()?;
            return Some((version, (start, start + line.trim_end().len())));
        }
        start += line.len();
    }
    None
}

fn lock(wire: Wire) -> Result<Lock, String> {
    let Wire { version, package: WirePackage { name, version: release, digest }, images } = wire;
    if version != FORMAT {
        return Err(format!("there is no format {version} of a lock"));
    }
    let package = Package { name, version: release, digest };
    let mut lock = Lock { package, images: BTreeMap::new() };
    for image in images {
        let (name, locked) = locked(image)?;
        if lock.images.insert(name.clone(), locked).is_some() {
            return Err(format!("this lock has the image `{name}` twice"));
        }
    }
    Ok(lock)
}

fn locked(image: WireImage) -> Result<(Name, Locked), String> {
    let WireImage { name, reference, local, digest, media_type, platforms } = image;
    let found = match (local, digest) {
        (Some(WireDigest(id)), None) if media_type.is_none() && platforms.is_empty() => {
            Found::Local { id }
        }
        (None, Some(WireDigest(digest))) => Found::Registry(Manifest {
            digest,
            media_type,
            platforms: platforms.into_iter().map(|(name, WireDigest(it))| (name, it)).collect(),
        }),
        _ => return Err(format!("the image `{name}` of this lock has no digest, or two")),
    };
    Ok((name, Locked { reference, found }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::Name;

    use super::{parse, print};
    use crate::lock::{Found, ImageDigest, Lock, Locked, Manifest, Package};

    fn digest(digit: char) -> ImageDigest {
        ImageDigest::parse(&format!("sha256:{}", digit.to_string().repeat(64))).unwrap()
    }

    /// A lock with every kind of image, and texts that TOML has to quote.
    fn example() -> Lock {
        let platforms = BTreeMap::from([
            ("linux/amd64".to_owned(), digest('2')),
            ("windows/amd64:10.0.17763.5122".to_owned(), digest('3')),
        ]);
        let media_type = Some("application/vnd.oci.image.index.v1+json".to_owned());
        let found = [
            ("whole", Found::Registry(Manifest { digest: digest('1'), media_type, platforms })),
            ("bare", {
                let platforms = BTreeMap::new();
                Found::Registry(Manifest { digest: digest('4'), media_type: None, platforms })
            }),
            ("local", Found::Local { id: digest('5') }),
        ];
        let images = found.map(|(name, found)| {
            let reference = format!("{name}/\"quoted\"\\:# end");
            (Name::try_from(name).unwrap(), Locked { reference, found })
        });
        let package = Package {
            name: Name::try_from("notes").unwrap(),
            version: "1 ''' \"2\"".to_owned(),
            digest: digest('6').as_str().to_owned(),
        };
        Lock { package, images: images.into() }
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let text = print(&example());
        assert_eq!(parse(text.as_bytes(), "lock").unwrap(), example());
        let windows = text.replace('\n', "\r\n");
        assert_eq!(parse(windows.as_bytes(), "lock").unwrap(), example());
    }

    #[test]
    fn a_lock_that_is_cut_off_anywhere_is_none() {
        let text = print(&example());
        for end in 0..text.trim_end().len() {
            assert!(parse(&text.as_bytes()[..end], "lock").is_err(), "{}", &text[..end]);
        }
    }
}
