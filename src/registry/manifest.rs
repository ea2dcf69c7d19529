//! What a registry sends for a reference.
//!
//! Sources: OCI image specification, `manifest.md` and `image-index.md`; Docker's `manifest-v2-2`.

use serde::Deserialize;

use super::platform::{Platform, Written};
use super::{Digest, RegistryError};

/// The types of manifests that can be pinned, as a request names them.
pub const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manifest {
    /// An image for each of several platforms.
    Index(Vec<Platform>),
    /// One image; the digest of its configuration, which tells its platform.
    Image {
        /// The configuration.
        config: Digest,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    schema_version: u64,
    media_type: Option<String>,
    manifests: Option<Vec<Entry>>,
    config: Option<Entry>,
    layers: Option<Vec<serde::de::IgnoredAny>>,
}

#[derive(Deserialize)]
struct Entry {
    digest: String,
    platform: Option<Written>,
}

/// Reads a manifest of the given content type.
///
/// # Errors
/// Where it is none, or of a kind that has no digest of its own.
pub fn read(content_type: Option<&str>, body: &[u8]) -> Result<Manifest, RegistryError> {
    let nonsense = |what: String| RegistryError::Nonsense(what);
    let read: Body =
        serde_json::from_slice(body).map_err(|error| nonsense(format!("a manifest that is no JSON ({error})")))?;
    if read.schema_version == 1 {
        return Err(RegistryError::OldManifest);
    }
    if read.schema_version != 2 {
        return Err(nonsense(format!("a manifest of version {}", read.schema_version)));
    }
    let sent = content_type.map(|sent| sent.split(';').next().unwrap_or_default().trim());
    // Some registries and proxies send a type of their own for all that they store.
    let media_type = sent.filter(|sent| ACCEPTED.contains(sent)).or(read.media_type.as_deref());
    if let (Some(sent), Some(written)) = (media_type, read.media_type.as_deref())
        && sent != written
    {
        return Err(nonsense(format!("a manifest of type {written} as {sent}")));
    }
    let is_index = match media_type {
        Some(kind) if kind.ends_with("index.v1+json") || kind.ends_with("manifest.list.v2+json") => true,
        Some(kind) if kind.ends_with("manifest.v1+json") || kind.ends_with("manifest.v2+json") => false,
        Some(kind) => return Err(nonsense(format!("a manifest of type {kind}"))),
        None => read.manifests.is_some(),
    };
    match (is_index, read.manifests, read.config, read.layers) {
        // What is both could be taken for either by another client.
        (_, Some(_), Some(_), _) | (_, Some(_), _, Some(_)) => {
            Err(nonsense("a manifest that is an index as well".to_owned()))
        }
        (true, Some(entries), ..) => {
            let platforms = entries.into_iter().filter_map(|entry| entry.platform).map(Platform::from);
            // Attestations stand in an index as images for an unknown platform.
            let mut platforms: Vec<Platform> = platforms.filter(|platform| platform.os != "unknown").collect();
            platforms.sort_unstable();
            platforms.dedup();
            Ok(Manifest::Index(platforms))
        }
        (false, _, Some(config), Some(_)) => match Digest::read(&config.digest) {
            Some(config) => Ok(Manifest::Image { config }),
            None => Err(nonsense("a manifest whose configuration has no digest".to_owned())),
        },
        _ => Err(nonsense("a manifest that names neither images nor layers".to_owned())),
    }
}

/// The platform of an image, by its configuration.
///
/// # Errors
/// Where the configuration is none.
pub fn platform(config: &[u8]) -> Result<Platform, RegistryError> {
    let written: Written = serde_json::from_slice(config)
        .map_err(|error| RegistryError::Nonsense(format!("a configuration that is no JSON ({error})")))?;
    Ok(written.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn read_text(kind: Option<&str>, body: &str) -> Result<Manifest, RegistryError> {
        read(kind, body.replace('D', DIGEST).as_bytes())
    }

    #[test]
    fn indexes_and_images_of_both_families() {
        let index = r#"{"schemaVersion":2,"manifests":[{"digest":"D","platform":{"os":"linux","architecture":"arm64","variant":"v8"}},
            {"digest":"D","platform":{"os":"linux","architecture":"amd64"}},{"digest":"D","platform":{"os":"unknown","architecture":"unknown"}}]}"#;
        for kind in [
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.docker.distribution.manifest.list.v2+json; charset=utf-8",
        ] {
            let Ok(Manifest::Index(platforms)) = read_text(Some(kind), index) else { panic!("no index: {kind}") };
            assert_eq!(platforms.iter().map(ToString::to_string).collect::<Vec<_>>(), ["linux/amd64", "linux/arm64"]);
        }
        let image = r#"{"schemaVersion":2,"config":{"digest":"D"},"layers":[]}"#;
        for kind in [None, Some("application/vnd.oci.image.manifest.v1+json"), Some("application/json")] {
            assert!(matches!(read_text(kind, image), Ok(Manifest::Image { .. })), "{kind:?}");
        }
    }

    #[test]
    fn nonsense_is_told() {
        let index = Some("application/vnd.oci.image.index.v1+json");
        for (kind, body) in [
            (None, "<html>"),
            (None, "{}"),
            (None, r#"{"schemaVersion":3}"#),
            (index, r#"{"schemaVersion":2,"config":{"digest":"D"},"layers":[]}"#),
            (index, r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}"#),
            (None, r#"{"schemaVersion":2,"manifests":[],"config":{"digest":"D"},"layers":[]}"#),
            (None, r#"{"schemaVersion":2,"config":{"digest":"sha256:1"},"layers":[]}"#),
            (None, r#"{"schemaVersion":2,"mediaType":"text/plain","manifests":[]}"#),
        ] {
            assert!(matches!(read_text(kind, body), Err(RegistryError::Nonsense(_))), "{body}");
        }
        assert!(matches!(read_text(None, r#"{"schemaVersion":1,"name":"x"}"#), Err(RegistryError::OldManifest)));
    }
}
