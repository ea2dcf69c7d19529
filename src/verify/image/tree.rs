//! The files of an image: layers laid over each other.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::ImagePath;

/// What a path is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file.
    File {
        /// Bytes.
        size: u64,
        /// SHA-256 of its content.
        digest: [u8; 32],
        /// Its content, where it was asked for.
        content: Option<Arc<[u8]>>,
    },
    /// A symbolic link.
    Link {
        /// Where it leads, as written.
        target: Vec<u8>,
    },
    /// A device.
    Device {
        /// Whether it is a block device.
        block: bool,
        /// Major and minor number.
        number: (u32, u32),
    },
    /// A named pipe.
    Pipe,
}

impl PartialEq for Kind {
    /// Whether content was kept makes no difference.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Folder, Self::Folder) | (Self::Pipe, Self::Pipe) => true,
            (Self::File { digest, .. }, Self::File { digest: other, .. }) => digest == other,
            (Self::Link { target }, Self::Link { target: other }) => target == other,
            (Self::Device { block, number }, Self::Device { block: other, number: other_number }) => {
                block == other && number == other_number
            }
            _ => false,
        }
    }
}

impl Eq for Kind {}

/// A file, folder or the like; times are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Permission bits, with the three special ones.
    pub mode: u32,
    /// User and group.
    pub owner: (u64, u64),
    /// Extended attributes, sorted.
    pub attributes: Vec<(String, Vec<u8>)>,
}

/// One change of a layer.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// A path is this now.
    Set(ImagePath, Node),
    /// A second name of a file of this layer or of one below.
    Twin {
        /// The new name.
        path: ImagePath,
        /// The file's other name.
        of: ImagePath,
    },
    /// A path of a layer below is gone, with all that is in it.
    Gone(ImagePath),
    /// What layers below have in this folder is gone.
    Emptied(ImagePath),
}

/// A layer.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    pub(super) changes: Vec<Change>,
    /// Size of its archive.
    pub(super) bytes: u64,
}

/// The files of an image, by path.
#[derive(Debug, Clone, Default)]
pub struct Tree(BTreeMap<ImagePath, Node>);

impl Tree {
    /// Lays a layer over what is there. What it removes is removed first: it speaks of the layers below.
    pub(super) fn stack(&mut self, layer: &Layer) {
        for change in &layer.changes {
            match change {
                Change::Gone(path) => {
                    self.0.remove(path);
                    self.empty(path);
                }
                Change::Emptied(path) => self.empty(path),
                Change::Set(..) | Change::Twin { .. } => {}
            }
        }
        for change in &layer.changes {
            match change {
                Change::Set(path, node) => self.set(path, node.clone()),
                Change::Twin { path, of } => {
                    if let Some(node) = self.0.get(of).cloned() {
                        self.set(path, node);
                    }
                }
                Change::Gone(_) | Change::Emptied(_) => {}
            }
        }
    }

    fn set(&mut self, path: &[u8], node: Node) {
        let was_folder = self.0.get(path).is_some_and(|old| old.kind == Kind::Folder);
        if was_folder && node.kind != Kind::Folder {
            self.empty(path);
        }
        self.0.insert(path.to_vec(), node);
    }

    fn empty(&mut self, folder: &[u8]) {
        let below = [folder, b"/"].concat();
        let inside: Vec<ImagePath> = self
            .0
            .range::<[u8], _>((Bound::Included(below.as_slice()), Bound::Unbounded))
            .map(|(path, _)| path)
            .take_while(|path| path.starts_with(&below))
            .cloned()
            .collect();
        for path in inside {
            self.0.remove(&path);
        }
    }

    /// What is at a path.
    #[must_use]
    pub fn get(&self, path: &[u8]) -> Option<&Node> {
        self.0.get(path)
    }

    /// The content of a file, where it was kept.
    #[must_use]
    pub fn content(&self, path: &[u8]) -> Option<&[u8]> {
        match &self.0.get(path)?.kind {
            Kind::File { content, .. } => content.as_deref(),
            _ => None,
        }
    }

    /// All paths, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&ImagePath, &Node)> {
        self.0.iter()
    }
}
