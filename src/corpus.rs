//! What fuzzing runs and the tests replay: the parts that take bytes from outside.

use model::Topology;
use targets::Target;

use crate::yaml;

/// Reads bytes as a user's YAML file, every second key of which is secret.
pub fn read(bytes: &[u8]) {
    let Ok(mut document) = yaml::parse(bytes) else {
        return;
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let secret = |path: &[&str]| path.iter().any(|key| key.len() % 2 == 1);
    if yaml::take_secrets(&mut document, text, &secret).is_ok() {
        std::hint::black_box(yaml::canonical(&document));
    }
}

/// Decodes bytes as a topology, checks it, lowers it to every target, and parses each template.
pub fn decode(bytes: &[u8]) {
    let Ok(topology) = serde_json::from_slice::<Topology>(bytes) else {
        return;
    };
    if !model::check(&topology).is_empty() {
        return;
    }
    for target in Target::ALL {
        let Ok(lowered) = targets::lower(target, &topology) else { continue };
        for entry in lowered.files.values() {
            let text = String::from_utf8_lossy(&entry.bytes);
            std::hint::black_box(targets::parse_template(&text));
        }
    }
}
