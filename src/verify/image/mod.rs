//! What an image holds, read off the stream in which an engine saves it.
//!
//! Nothing is unpacked: each layer's archive is read once, file contents become digests, and only what
//! [`packages`] reads, or what the caller asks for, is kept.

mod archive;
mod config;
mod packages;
mod tree;

pub use archive::{ImageError, read};
pub use config::Config;
pub use packages::{Manager, Packages, has_rpm, record as packages_record};
pub use tree::{Kind, Node, Tree};

/// The path of a file in an image, without a slash in front; bytes, since names need not be UTF-8.
pub type ImagePath = Vec<u8>;

/// An image.
#[derive(Debug, Clone, Default)]
pub struct Image {
    /// How many layers it has.
    pub layers: usize,
    /// Bytes of all layers together, as archives: what has to be pulled, before compression.
    pub bytes: u64,
    /// How its containers run.
    pub config: Config,
    /// Its files.
    pub tree: Tree,
    /// What package managers say is installed.
    pub packages: Packages,
}
