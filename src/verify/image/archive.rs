//! The stream of `docker save`: layers as archives inside of an archive, with JSON that names their order.
//!
//! Three layouts are read: Docker from 25 on (an OCI layout with a `manifest.json`), Docker before that, and
//! the `docker-archive` that Podman and Buildah write. All name the layers in `manifest.json`, which may come last.

use std::collections::HashMap;
use std::io::{self, BufReader, Read};

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tar::{Archive, EntryType};

use super::tree::{Change, Kind, Layer, Node, Tree};
use super::{Config, Image, ImagePath, packages};

/// JSON of an image that is larger than this is none that an engine wrote. In bytes.
const MAX_JSON: u64 = 32 * 1024 * 1024;
/// Where a header of an archive names its format, and that name.
const MAGIC: (usize, &[u8]) = (257, b"ustar");
/// An archive's block, in bytes.
const BLOCK: usize = 512;

/// Why an image can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The stream broke off, or is no archive.
    #[error("the saved image can't be read: {0}")]
    Io(#[from] io::Error),
    /// Its JSON is not what it should be.
    #[error("the saved image's `{file}` can't be read: {error}")]
    Json {
        /// Which file of the stream.
        file: String,
        /// What is wrong.
        error: serde_json::Error,
    },
    /// A file that the manifest names is not there.
    #[error("the saved image lacks `{0}`")]
    Missing(String),
    /// A layer is packed in a way that is not read.
    #[error("a layer of the saved image is compressed with zstd, which is not read")]
    Zstd,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest {
    config: String,
    layers: Vec<String>,
}

/// What a file of the stream is.
enum Blob {
    Layer(Layer),
    Json(Vec<u8>),
    /// The same as another file.
    Alias(String),
}

/// Reads the first image of the stream. `keep` says of a path how many bytes of its content are wanted.
///
/// # Errors
/// Where the stream is no saved image.
pub fn read(stream: impl Read, keep: &dyn Fn(&[u8]) -> Option<u64>) -> Result<Image, ImageError> {
    let mut blobs = HashMap::new();
    let mut archive = Archive::new(BufReader::with_capacity(1 << 20, stream));
    for entry in archive.entries()? {
        let entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_owned();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {
                if let Some(blob) = blob(entry, keep)? {
                    blobs.insert(name, blob);
                }
            }
            EntryType::Symlink | EntryType::Link => {
                if let Some(target) = entry.link_name_bytes() {
                    blobs.insert(name.clone(), Blob::Alias(alias(&name, &String::from_utf8_lossy(&target))));
                }
            }
            _ => {}
        }
    }
    // To its very end: whoever writes the stream fails where nobody reads its padding.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    image(&blobs)
}

/// The path that a link named `name` leads to; `../` is the only way up that engines write.
fn alias(name: &str, target: &str) -> String {
    match target.strip_prefix("../") {
        Some(rest) => rest.to_owned(),
        None => match name.rsplit_once('/') {
            Some((folder, _)) if !target.contains('/') => format!("{folder}/{target}"),
            _ => target.to_owned(),
        },
    }
}

fn image(blobs: &HashMap<String, Blob>) -> Result<Image, ImageError> {
    let manifests: Vec<Manifest> = json(blobs, "manifest.json")?;
    let manifest = manifests.into_iter().next().ok_or_else(|| ImageError::Missing("an image".to_owned()))?;
    let config: Config = Config::of(&json::<serde_json::Value>(blobs, &manifest.config)?);
    let mut tree = Tree::default();
    let mut bytes = 0;
    for name in &manifest.layers {
        let Some(Blob::Layer(layer)) = find(blobs, name) else { return Err(ImageError::Missing(name.clone())) };
        tree.stack(layer);
        bytes += layer.bytes;
    }
    let packages = packages::installed(&tree);
    Ok(Image { layers: manifest.layers.len(), bytes, config, tree, packages })
}

fn find<'b>(blobs: &'b HashMap<String, Blob>, name: &str) -> Option<&'b Blob> {
    match blobs.get(name)? {
        Blob::Alias(target) => blobs.get(target),
        blob => Some(blob),
    }
}

fn json<T: serde::de::DeserializeOwned>(blobs: &HashMap<String, Blob>, name: &str) -> Result<T, ImageError> {
    let Some(Blob::Json(bytes)) = find(blobs, name) else { return Err(ImageError::Missing(name.to_owned())) };
    serde_json::from_slice(bytes).map_err(|error| ImageError::Json { file: name.to_owned(), error })
}

/// A file of the stream by what it begins with: names differ between engines.
fn blob(mut stream: impl Read, keep: &dyn Fn(&[u8]) -> Option<u64>) -> Result<Option<Blob>, ImageError> {
    let mut head = Vec::with_capacity(BLOCK);
    (&mut stream).take(BLOCK as u64).read_to_end(&mut head)?;
    let whole = io::Cursor::new(head.clone()).chain(stream);
    if head.starts_with(&[0x1f, 0x8b]) {
        return Ok(Some(Blob::Layer(layer(MultiGzDecoder::new(whole), keep)?)));
    }
    if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return Err(ImageError::Zstd);
    }
    let is_empty_archive = head.len() == BLOCK && head.iter().all(|byte| *byte == 0);
    if is_empty_archive || head.get(MAGIC.0..MAGIC.0 + MAGIC.1.len()) == Some(MAGIC.1) {
        return Ok(Some(Blob::Layer(layer(whole, keep)?)));
    }
    if head.starts_with(b"{") || head.starts_with(b"[") {
        let mut bytes = Vec::new();
        whole.take(MAX_JSON).read_to_end(&mut bytes)?;
        return Ok(Some(Blob::Json(bytes)));
    }
    Ok(None)
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

fn layer(stream: impl Read, keep: &dyn Fn(&[u8]) -> Option<u64>) -> Result<Layer, ImageError> {
    let mut archive = Archive::new(Counted { inner: stream, bytes: 0 });
    let mut changes = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        if let Some(change) = change(&mut entry, keep)? {
            changes.push(change);
        }
    }
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink())?;
    Ok(Layer { changes, bytes: rest.bytes })
}

fn change(
    entry: &mut tar::Entry<'_, impl Read>,
    keep: &dyn Fn(&[u8]) -> Option<u64>,
) -> Result<Option<Change>, ImageError> {
    let path = clean(&entry.path_bytes());
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let folder = path[..path.len() - name.len()].strip_suffix(b"/").unwrap_or_default().to_vec();
    if name == b".wh..wh..opq" {
        return Ok(Some(Change::Emptied(folder)));
    }
    if let Some(gone) = name.strip_prefix(b".wh.") {
        // Names that begin so are the union file system's own.
        let own = gone.starts_with(b".wh.");
        return Ok((!own).then(|| Change::Gone(join(&folder, gone))));
    }
    if path.is_empty() {
        return Ok(None);
    }
    let header = entry.header().clone();
    let link = || clean(&entry.link_name_bytes().unwrap_or_default());
    let kind = match header.entry_type() {
        EntryType::Directory => Kind::Folder,
        EntryType::Symlink => Kind::Link { target: entry.link_name_bytes().unwrap_or_default().to_vec() },
        EntryType::Link => return Ok(Some(Change::Twin { path: path.clone(), of: link() })),
        EntryType::Char => Kind::Device { block: false, number: device(&header) },
        EntryType::Block => Kind::Device { block: true, number: device(&header) },
        EntryType::Fifo => Kind::Pipe,
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            Kind::File { size: 0, digest: [0; 32], content: None }
        }
        _ => return Ok(None),
    };
    let attributes = attributes(entry)?;
    let kind = if let Kind::File { .. } = kind { content(entry, keep(&path))? } else { kind };
    let node = Node { kind, mode: header.mode()? & 0o7777, owner: (header.uid()?, header.gid()?), attributes };
    Ok(Some(Change::Set(path, node)))
}

fn device(header: &tar::Header) -> (u32, u32) {
    let number = |part: io::Result<Option<u32>>| part.ok().flatten().unwrap_or_default();
    (number(header.device_major()), number(header.device_minor()))
}

/// Extended attributes, such as the capabilities of a program.
fn attributes(entry: &mut tar::Entry<'_, impl Read>) -> io::Result<Vec<(String, Vec<u8>)>> {
    let Some(extensions) = entry.pax_extensions()? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for extension in extensions {
        let extension = extension?;
        let key = String::from_utf8_lossy(extension.key_bytes()).into_owned();
        if let Some(name) = key.strip_prefix("SCHILY.xattr.") {
            found.push((name.to_owned(), extension.value_bytes().to_vec()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn content(stream: &mut impl Read, keep: Option<u64>) -> io::Result<Kind> {
    let mut hash = Sha256::new();
    let mut buffer = [0; 16 * 1024];
    let mut kept = Vec::new();
    let mut size = 0;
    loop {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        size += read as u64;
        if keep.is_some_and(|limit| size <= limit) {
            kept.extend_from_slice(&buffer[..read]);
        }
    }
    // A part of a content is no content.
    let content = keep.is_some_and(|limit| size <= limit).then(|| kept.into());
    Ok(Kind::File { size, digest: hash.finalize().into(), content })
}

/// Without `./` or `/` in front and without a slash at the end.
fn clean(path: &[u8]) -> ImagePath {
    let mut path = path;
    while let Some(rest) = path.strip_prefix(b"./").or_else(|| path.strip_prefix(b"/")) {
        path = rest;
    }
    while let Some(rest) = path.strip_suffix(b"/") {
        path = rest;
    }
    if path == b"." { Vec::new() } else { path.to_vec() }
}

fn join(folder: &[u8], name: &[u8]) -> ImagePath {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(kind: EntryType, size: usize) -> tar::Header {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(size as u64);
        header.set_mode(0o100_644);
        header.set_uid(7);
        header.set_gid(8);
        header
    }

    fn tar_of(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, body) in entries {
            match kind {
                EntryType::Symlink | EntryType::Link => {
                    let mut header = header(*kind, 0);
                    let target = std::str::from_utf8(body).unwrap();
                    builder.append_link(&mut header, path, target).unwrap();
                }
                _ => builder.append_data(&mut header(*kind, body.len()), path, *body).unwrap(),
            }
        }
        builder.into_inner().unwrap()
    }

    const CONFIG: &[u8] = br#"{"architecture":"amd64","os":"linux","config":{"User":"app"}}"#;
    const MANIFEST: &[u8] = br#"[{"Config":"c.json","Layers":["1/layer.tar","2/layer.tar"]}]"#;

    fn saved(first: &[u8], second: &[u8]) -> Vec<u8> {
        tar_of(&[
            ("1/layer.tar", EntryType::Regular, first),
            ("2/layer.tar", EntryType::Regular, second),
            ("c.json", EntryType::Regular, CONFIG),
            ("manifest.json", EntryType::Regular, MANIFEST),
        ])
    }

    fn paths(image: &Image) -> Vec<String> {
        image.tree.iter().map(|(path, _)| String::from_utf8_lossy(path).into_owned()).collect()
    }

    #[test]
    fn layers_are_stacked_and_what_a_later_one_removes_is_gone() {
        let first = tar_of(&[
            ("./etc/", EntryType::Directory, b""),
            ("etc/a", EntryType::Regular, b"a"),
            ("etc/b", EntryType::Regular, b"b"),
            ("srv/", EntryType::Directory, b""),
            ("srv/x/y", EntryType::Regular, b"y"),
        ]);
        let second = tar_of(&[
            ("etc/.wh.a", EntryType::Regular, b""),
            ("etc/c", EntryType::Link, b"etc/b"),
            ("srv/.wh..wh..opq", EntryType::Regular, b""),
            ("srv/z", EntryType::Symlink, b"/etc/b"),
        ]);
        let image = read(saved(&first, &second).as_slice(), &|_| None).unwrap();
        assert_eq!(paths(&image), ["etc", "etc/b", "etc/c", "srv", "srv/z"]);
        assert_eq!(image.layers, 2);
        assert_eq!(image.bytes, (first.len() + second.len()) as u64);
        let (twin, file) = (image.tree.get(b"etc/c").unwrap(), image.tree.get(b"etc/b").unwrap());
        assert_eq!(twin, file, "a second name of a file is a file");
        assert_eq!((file.mode, file.owner), (0o644, (7, 8)));
    }

    #[test]
    fn a_compressed_layer_and_one_that_stands_twice() {
        let layer = tar_of(&[("a", EntryType::Regular, b"a")]);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        io::Write::write_all(&mut packed, &layer).unwrap();
        let packed = packed.finish().unwrap();
        let stream = tar_of(&[
            ("1/layer.tar", EntryType::Regular, &packed),
            ("2/layer.tar", EntryType::Symlink, b"../1/layer.tar"),
            ("c.json", EntryType::Regular, CONFIG),
            ("manifest.json", EntryType::Regular, MANIFEST),
        ]);
        let image = read(stream.as_slice(), &|_| None).unwrap();
        assert_eq!(paths(&image), ["a"]);
        assert_eq!(image.bytes, 2 * layer.len() as u64);
    }

    #[test]
    fn contents_are_kept_where_they_are_asked_for_and_small() {
        let first = tar_of(&[("a", EntryType::Regular, b"abc"), ("b", EntryType::Regular, b"abc")]);
        let keep = |path: &[u8]| Some(if path == b"a" { 3 } else { 2 });
        let image = read(saved(&first, &tar_of(&[])).as_slice(), &keep).unwrap();
        assert_eq!(image.tree.content(b"a"), Some(b"abc".as_slice()));
        assert_eq!(image.tree.content(b"b"), None);
    }

    #[test]
    fn what_is_no_image_is_an_error() {
        let broken = tar_of(&[("manifest.json", EntryType::Regular, b"[{}]")]);
        assert!(matches!(read(broken.as_slice(), &|_| None), Err(ImageError::Json { .. })));
        let none = tar_of(&[("x", EntryType::Regular, b"text")]);
        assert!(matches!(read(none.as_slice(), &|_| None), Err(ImageError::Missing(_))));
        let zstd = tar_of(&[("1", EntryType::Regular, b"\x28\xb5\x2f\xfd rest")]);
        assert!(matches!(read(zstd.as_slice(), &|_| None), Err(ImageError::Zstd)));
    }
}
