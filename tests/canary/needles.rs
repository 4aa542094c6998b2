use sha2::{Digest, Sha256};

use super::{CORE, canary};

/// What must not turn up: the canaries as they are, encoded, and hashed.
pub(super) struct Needles(Vec<String>);

impl Needles {
    pub(super) fn new() -> Self {
        let mut needles = vec![CORE.to_owned()];
        // Bytes before it may shift its place in base64.
        for shift in 0..3 {
            let shifted = [&b"xx"[..shift], CORE.as_bytes()].concat();
            let text = base64(&shifted);
            // The first characters hold the shift, the last what comes after.
            needles.push(text[if shift == 0 { 0 } else { 4 }..text.len() - 3].to_owned());
        }
        needles.push(hexadecimal(CORE.as_bytes()));
        needles.push(CORE.chars().rev().collect());
        for name in NAMES {
            let digest = hexadecimal(&Sha256::digest(canary(name)));
            // Also cut short, as digests are shown.
            needles.push(digest[..12].to_owned());
            needles.push(base64(&Sha256::digest(canary(name)))[..12].to_owned());
        }
        Self(needles)
    }

    pub(super) fn absent(&self, text: &str, shown: &str) {
        if let Some(needle) = self.find(text) {
            let at = text.to_lowercase().find(&needle.to_lowercase()).unwrap_or_default();
            let around: Vec<char> = text.chars().skip(at.saturating_sub(200)).take(400).collect();
            panic!("{shown}: {needle}: …{}…", around.into_iter().collect::<String>());
        }
    }

    pub(super) fn find(&self, text: &str) -> Option<&str> {
        let lower = text.to_lowercase();
        let found = self.0.iter().find(|it| text.contains(*it) || lower.contains(*it));
        found.map(String::as_str)
    }
}

/// The names of the canaries that are whole secrets.
pub(super) const NAMES: [&str; 12] = [
    "database.username",
    "database.password",
    "database.root_username",
    "database.root_password",
    "database.spider_username",
    "database.spider_password",
    "queue.username",
    "queue.password",
    "redis.password",
    "id",
    "key",
    "token",
];

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.chunks(3).flat_map(|group| {
        let bits = group.iter().fold(0_u32, |bits, it| bits << 8 | u32::from(*it));
        let bits = bits << (8 * (3 - group.len()));
        (0..=group.len()).map(move |at| char::from(DIGITS[(bits >> (18 - 6 * at) & 63) as usize]))
    });
    groups.collect()
}

#[test]
fn encodings_are_found() {
    assert_eq!(base64(b"any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw");
    let needles = Needles::new();
    for text in ["a", "ab", "abc", "abcd"] {
        let encoded = base64(format!("{text}{CORE}{text}").as_bytes());
        assert!(needles.find(&encoded).is_some(), "{encoded}");
    }
    assert!(needles.find(&hexadecimal(canary("x").as_bytes())).is_some());
    assert!(needles.find("KANARI3").is_some() && needles.find("canary").is_none());
    let digest = format!("sha256:{}", hexadecimal(&Sha256::digest(canary("redis.password"))));
    assert!(needles.find(&digest).is_some());
}
