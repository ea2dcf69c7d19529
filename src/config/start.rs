//! What `dockmod init` writes.

/// A configuration that changes nothing, with every key explained.
pub const START: &str = "\
# Configuration of dockmod for the Dockerfiles below this folder. All values are the defaults:
# a key that is taken out changes nothing. `dockmod config show Dockerfile` says what is in force,
# `dockmod config schema` gives the JSON schema for editors.

# Files whose keys hold where this one has none. Paths are from this file; later ones win.
# extends: [../shared/dockmod.yaml]

# Only these transforms, by id or by a check that they settle (DL3059). `dockmod list` shows them.
# select: [apt-clean-lists, merge-runs]

# These as well as the others, for those that take part only where they are named.
# extend-select: []

# All but these.
ignore: []

# safe: fixes that keep the image. unsafe: also those that may change what is in it.
safety: safe

# classic: options and clean-ups keep caches of package managers out of the image.
# buildkit: RUN --mount=type=cache does, so nothing is cleaned up that a mount keeps.
profile: classic

# Options of transforms.
# transforms:
#   merge-runs:
#     scope: all

# Further files that are Dockerfiles, and Dockerfiles that are left out. Patterns are those of a .gitignore.
include: []
exclude: []

# Whether `# dockmod: ignore=ID` counts only with a reason behind it.
require-suppression-reasons: false

# How registries are asked, by host and port; Docker Hub is docker.io.
# registries:
#   docker.io:
#     mirrors: [mirror.example.com/hub]
#   registry.example.com:5000:
#     plain-http: true

# Other values for some Dockerfiles; later ones win.
overrides: []
# overrides:
#   - paths: [legacy/]
#     ignore: [merge-runs]
";

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::chain::Layer;
    use super::super::read::read;
    use super::super::resolve::{Asked, Effective};
    use super::*;

    #[test]
    fn it_says_what_holds_anyway() {
        let file = read(Path::new("dockmod.yaml"), START).expect("it parses");
        let layer = Layer { path: "dockmod.yaml".into(), file, overrides: Vec::new(), include: None, exclude: None };
        let with = Effective::of(&[layer], &|_, _| false, &Asked::default());
        let without = Effective::of(&[], &|_, _| false, &Asked::default());
        assert_eq!(format!("{:?}", with.settings()), format!("{:?}", without.settings()));
        assert_eq!(with.reasons.value, without.reasons.value);
    }

    #[test]
    fn what_is_commented_out_is_right_too() {
        let is_yaml = |line: &str| line.starts_with("# ") && (line.contains(": ") || line.ends_with(':'));
        let keys = ["extends", "select", "extend-select", "transforms", "registries"];
        let mut text = String::new();
        let mut open = false;
        for line in START.lines() {
            let Some(rest) = line.strip_prefix("# ") else {
                open = false;
                continue;
            };
            let key = rest.split(':').next().unwrap_or_default();
            open = is_yaml(line) && keys.contains(&key) || open && rest.starts_with(' ');
            if open {
                text.push_str(rest);
                text.push('\n');
            }
        }
        assert!(text.contains("scope: all") && text.contains("extends:") && text.contains("plain-http"), "{text}");
        read(Path::new("dockmod.yaml"), &text).expect("it parses");
    }
}
