//! Images, pushed manifest by manifest, so that every byte of them is known.

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// The media types of an image that is pushed.
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Docker's own media types, which older tools write.
pub(super) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub(super) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// A repository of a registry without TLS.
pub(super) struct Repository {
    pub(super) registry: String,
    pub(super) path: String,
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|it| format!("{it:02x}")).collect();
    format!("sha256:{hex}")
}

impl Repository {
    pub(super) fn new(registry: &str, path: &str) -> Self {
        Self { registry: registry.to_owned(), path: path.to_owned() }
    }

    /// What an image of it is called.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.registry, self.path)
    }

    fn url(&self, rest: &str) -> String {
        format!("http://{}/v2/{}/{rest}", self.registry, self.path)
    }

    fn blob(&self, bytes: &[u8], media_type: &str) -> Json {
        let begun = ureq::post(self.url("blobs/uploads/")).send_empty().unwrap();
        let place = begun.headers()["location"].to_str().unwrap().to_owned();
        let digest = sha256(bytes);
        let joint = if place.contains('?') { '&' } else { '?' };
        ureq::put(format!("{place}{joint}digest={digest}")).send(bytes).unwrap();
        json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
    }

    fn put(&self, reference: &str, media_type: &str, document: &Json) -> String {
        let bytes = document.to_string().into_bytes();
        let request = ureq::put(self.url(&format!("manifests/{reference}")));
        request.content_type(media_type).send(&bytes).unwrap();
        sha256(&bytes)
    }

    /// Pushes the image of one platform; gives its digest.
    pub(super) fn push(&self, reference: &str, platform: &str, created: &str) -> String {
        let oci = [
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.oci.image.layer.v1.tar",
            MANIFEST,
        ];
        self.push_as(reference, platform, created, oci)
    }

    /// The same, as older tools do.
    pub(super) fn push_docker(&self, reference: &str, platform: &str) -> String {
        let docker = [
            "application/vnd.docker.container.image.v1+json",
            "application/vnd.docker.image.rootfs.diff.tar",
            DOCKER_MANIFEST,
        ];
        self.push_as(reference, platform, "2024-05-06T07:08:09Z", docker)
    }

    fn push_as(&self, reference: &str, platform: &str, created: &str, types: [&str; 3]) -> String {
        let [config, layer, manifest] = types;
        let mut parts = platform.split('/');
        let (os, architecture) = (parts.next().unwrap(), parts.next().unwrap());
        // An archive with nothing in it.
        let archive = vec![0; 1024];
        let mut configuration = json!({
            "os": os, "architecture": architecture, "created": created,
            "config": { "Labels": { "made-for": format!("{}:{reference}", self.path) } },
            "rootfs": { "type": "layers", "diff_ids": [sha256(&archive)] },
        });
        if let Some(variant) = parts.next() {
            configuration["variant"] = json!(variant);
        }
        let document = json!({
            "schemaVersion": 2, "mediaType": manifest,
            "config": self.blob(configuration.to_string().as_bytes(), config),
            "layers": [self.blob(&archive, layer)],
        });
        let digest = sha256(document.to_string().as_bytes());
        let reference = if reference.is_empty() { &digest } else { reference };
        self.put(reference, manifest, &document)
    }

    /// Pushes an image of several platforms, and an attestation as builders add them; gives the
    /// digests of the index and of the platforms.
    pub(super) fn push_index(
        &self,
        tag: &str,
        platforms: &[&str],
        media_type: &str,
    ) -> (String, Vec<String>) {
        let docker = media_type == DOCKER_LIST;
        let push = |platform: &&str| match docker {
            true => self.push_docker("", platform),
            false => self.push("", platform, "2024-05-06T07:08:09Z"),
        };
        let digests: Vec<String> = platforms.iter().map(push).collect();
        let kind = if docker { DOCKER_MANIFEST } else { MANIFEST };
        let mut manifests = vec![];
        for (platform, digest) in platforms.iter().zip(&digests) {
            let parts: Vec<&str> = platform.split('/').collect();
            let mut of = json!({ "os": parts[0], "architecture": parts[1] });
            if let Some(variant) = parts.get(2) {
                of["variant"] = json!(variant);
            }
            manifests.push(json!({ "mediaType": kind, "digest": digest, "size": self.size(digest, kind), "platform": of }));
        }
        if !docker {
            let digest = self.push("", "unknown/unknown", "2024-05-06T07:08:09Z");
            let of = json!({ "os": "unknown", "architecture": "unknown" });
            manifests.push(json!({ "mediaType": kind, "digest": digest, "size": self.size(&digest, kind), "platform": of }));
        }
        let index = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": manifests });
        (self.put(tag, media_type, &index), digests)
    }

    fn size(&self, digest: &str, media_type: &str) -> usize {
        let request = ureq::get(self.url(&format!("manifests/{digest}")));
        request.header("accept", media_type).call().unwrap().body_mut().read_to_vec().unwrap().len()
    }

    /// Takes a manifest away, and with it every tag that stands for it.
    pub(super) fn delete(&self, digest: &str) {
        ureq::delete(self.url(&format!("manifests/{digest}"))).call().unwrap();
    }
}
