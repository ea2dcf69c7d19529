//! What a run left in the engine, and its removal: images, the build cache, working containers.

use std::collections::{BTreeMap, BTreeSet};

use super::{Engine, EngineError, Program, process};

/// How often the build cache is asked for what is left of the run.
const PASSES: usize = 3;
/// Records of the build cache that one call removes.
const RECORDS_A_CALL: usize = 200;

impl Engine {
    /// Removes an image of this run.
    pub fn remove(&self, name: &str) {
        let words: &[&str] = match self.program {
            Program::Docker { .. } => &["image", "rm", name],
            Program::Podman => &["image", "rm", "--force", name],
            Program::Buildah => &["rmi", "--force", name],
        };
        // What is left is found and named by `clean_up`.
        let _ = process::output(self.command(words));
    }

    /// Removes every image of this run, and the build cache that came with it. A record of the cache that is
    /// in use by now stays: a build of somebody else holds it.
    ///
    /// # Errors
    /// Where an image is left.
    pub fn clean_up(&self) -> Result<(), EngineError> {
        for name in self.images_left()? {
            self.remove(&name);
        }
        let left = self.images_left()?;
        if !left.is_empty() {
            return Err(EngineError::LeftBehind(left.join(", ")));
        }
        let foreign = self.remove_containers()?;
        // A record that others are built on goes once they are gone. Another build may add records all the
        // while: a few passes have to do.
        for _ in 0..PASSES {
            let records: Vec<String> = self.build_cache()?.difference(&self.cache).cloned().collect();
            if records.is_empty() {
                break;
            }
            for some in records.chunks(RECORDS_A_CALL) {
                self.prune(some);
            }
        }
        if foreign.is_empty() {
            return Ok(());
        }
        Err(EngineError::Containers { program: self.program.name(), ids: foreign.join(", ") })
    }

    /// Podman and Buildah leave the working containers of a build that was ended. Those on images that came with
    /// this run are removed; the others that came up meanwhile may be another build's, and are given back.
    fn remove_containers(&self) -> Result<Vec<String>, EngineError> {
        let containers = self.working_containers()?;
        let new: BTreeMap<_, _> = containers.into_iter().filter(|(id, _)| !self.containers.contains(id)).collect();
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let images = self.build_cache()?;
        let is_ours = |image: &String| images.contains(image) && !self.cache.contains(image);
        let (ours, foreign): (Vec<_>, Vec<_>) = new.into_iter().partition(|(_, image)| is_ours(image));
        for (id, _) in ours {
            // Podman takes a container that was in use when its build was ended for one that still is.
            let words: &[&str] = if self.program == Program::Podman { &["rm", "--force", &id] } else { &["rm", &id] };
            // What stays holds its image, which is then named at the end.
            let _ = process::output(self.command(words));
        }
        Ok(foreign.into_iter().map(|(id, _)| id).collect())
    }

    /// The containers that Podman and Buildah build in, with the image of each.
    pub(super) fn working_containers(&self) -> Result<BTreeMap<String, String>, EngineError> {
        let words: &[&str] = match self.program {
            Program::Docker { .. } => return Ok(BTreeMap::new()),
            Program::Podman => &["ps", "--all", "--external", "--no-trunc", "--format", "{{.ID}} {{.ImageID}}"],
            Program::Buildah => &["containers", "--notruncate", "--format", "{{.ContainerID}} {{.ImageID}}"],
        };
        let output = self.call(words)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let parted = text.lines().filter_map(|line| line.trim().split_once(' '));
        Ok(parted.map(|(id, image)| (id.to_owned(), image.trim().to_owned())).collect())
    }

    fn images_left(&self) -> Result<Vec<String>, EngineError> {
        let filter = format!("reference={}:*", self.repository);
        let words: &[&str] = match self.program {
            Program::Docker { .. } | Program::Podman => {
                &["image", "ls", "--filter", &filter, "--format", "{{.Repository}}:{{.Tag}}"]
            }
            Program::Buildah => &["images", "--filter", &filter, "--format", "{{.Name}}:{{.Tag}}"],
        };
        let output = self.call(words)?;
        let names = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect::<Vec<_>>();
        Ok(names.into_iter().filter(|name| name.starts_with(&self.repository)).collect())
    }

    /// The records of BuildKit's cache. Podman and Buildah cache in images without a name.
    pub(super) fn build_cache(&self) -> Result<BTreeSet<String>, EngineError> {
        let words: &[&str] = match self.program {
            Program::Docker { buildx: true } => &["buildx", "du", "--verbose"],
            Program::Docker { buildx: false } => {
                &["system", "df", "--verbose", "--format", "{{range .BuildCache}}ID: {{println .ID}}{{end}}"]
            }
            Program::Podman => &["image", "ls", "--all", "--no-trunc", "--format", "{{.Id}} {{.Repository}}"],
            Program::Buildah => &["images", "--all", "--no-trunc", "--format", "{{.ID}} {{.Name}}"],
        };
        let output = self.call(words)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let id = |line: &str| match self.program {
            Program::Docker { .. } => Some(line.strip_prefix("ID:")?.trim().to_owned()),
            Program::Podman | Program::Buildah => {
                let (id, name) = line.trim().split_once(' ')?;
                (name.trim() == "<none>").then(|| id.trim_start_matches("sha256:").to_owned())
            }
        };
        Ok(text.lines().filter_map(id).collect())
    }

    /// Removes records of the build cache, as far as nothing needs them.
    fn prune(&self, records: &[String]) {
        // The id of a filter is a pattern, so that one call takes many.
        let filter = format!("id=^({})$", records.join("|"));
        let mut command = match self.program {
            Program::Docker { buildx: true } => {
                self.command(&["buildx", "prune", "--force", "--all", "--filter", &filter])
            }
            Program::Docker { buildx: false } => {
                self.command(&["builder", "prune", "--force", "--all", "--filter", &filter])
            }
            // Without force: an image that a container or another image needs stays.
            Program::Podman => self.command(&["image", "rm"]),
            Program::Buildah => self.command(&["rmi"]),
        };
        if matches!(self.program, Program::Podman | Program::Buildah) {
            command.args(records);
        }
        let _ = process::output(command);
    }
}
