//! Small images in OCI layouts, and `skopeo` to push them.

use std::path::{Path, PathBuf};
use std::process::Command;

use dockmod::registry::Digest;

/// A folder with one image or index, which `skopeo` reads.
pub struct Layout {
    folder: PathBuf,
}

fn blob(folder: &Path, content: &[u8]) -> (String, usize) {
    let digest = Digest::of(content);
    let name = digest.as_str().strip_prefix("sha256:").expect("SHA-256");
    let blobs = folder.join("blobs/sha256");
    std::fs::create_dir_all(&blobs).expect("a folder");
    std::fs::write(blobs.join(name), content).expect("a file");
    (digest.to_string(), content.len())
}

/// An image for `os/architecture` that is unlike others by `says`; gives its descriptor.
fn image(folder: &Path, platform: &str, says: &str) -> String {
    let (os, architecture) = platform.split_once('/').expect("a platform");
    // An empty archive: two blocks of zeros.
    let (layer, size) = blob(folder, &[0; 1024]);
    let config = format!(
        r#"{{"architecture":"{architecture}","os":"{os}","config":{{"Labels":{{"says":"{says}"}}}},"rootfs":{{"type":"layers","diff_ids":["{layer}"]}}}}"#
    );
    let (config, config_size) = blob(folder, config.as_bytes());
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":{config_size}}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{layer}","size":{size}}}]}}"#
    );
    let (digest, size) = blob(folder, manifest.as_bytes());
    format!(
        r#""mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":{size},"platform":{{"os":"{os}","architecture":"{architecture}"}}"#
    )
}

impl Layout {
    /// One image for one platform, or an index for several.
    pub fn new(folder: PathBuf, platforms: &[&str], says: &str) -> Self {
        std::fs::create_dir_all(&folder).expect("a folder");
        let images: Vec<String> = platforms.iter().map(|platform| image(&folder, platform, says)).collect();
        let top = if let [only] = &images[..] {
            only.clone()
        } else {
            let entries: Vec<String> = images.iter().map(|image| format!("{{{image}}}")).collect();
            let index = format!(
                r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{}]}}"#,
                entries.join(",")
            );
            let (digest, size) = blob(&folder, index.as_bytes());
            format!(r#""mediaType":"application/vnd.oci.image.index.v1+json","digest":"{digest}","size":{size}"#)
        };
        let named = format!(
            r#"{{"schemaVersion":2,"manifests":[{{{top},"annotations":{{"org.opencontainers.image.ref.name":"it"}}}}]}}"#
        );
        std::fs::write(folder.join("index.json"), named).expect("a file");
        std::fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).expect("a file");
        Self { folder }
    }

    /// Pushes it under a name; `format` is skopeo's `oci` or `v2s2`.
    pub fn push(&self, to: &str, format: &str, login: Option<&str>) {
        let mut command = Command::new("skopeo");
        command.args(["copy", "--insecure-policy", "--quiet", "--all", "--format", format, "--dest-tls-verify=false"]);
        if let Some(login) = login {
            command.args(["--dest-creds", login]);
        }
        command.arg(format!("oci:{}:it", self.folder.display())).arg(format!("docker://{to}"));
        run(&mut command);
    }
}

/// The digest that `skopeo` computes of what the registry sends.
pub fn digest(of: &str) -> String {
    let raw = run(Command::new("skopeo").args(["inspect", "--raw", "--tls-verify=false", &format!("docker://{of}")]));
    Digest::of(&raw).to_string()
}

/// Takes a manifest away.
pub fn delete(image: &str) {
    run(Command::new("skopeo").args(["delete", "--tls-verify=false", &format!("docker://{image}")]));
}

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
