//! Reads what a compose file says about builds: which Dockerfile belongs to which context.
//!
//! Only that is read, and liberally: unknown keys, odd types elsewhere, anchors and merges are fine. A
//! value that holds a variable is unknown even if it has a default, since the environment may set it.
//!
//! Source: <https://docs.docker.com/reference/compose-file/build/>.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Target;
use crate::walk::lexical;

/// The compose files that docker takes without being told, in its order.
const DEFAULT_NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// Whether docker would take a file of this name as a compose file, or a `-f` would usually name it.
pub(super) fn is_compose_name(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) else {
        return false;
    };
    stem == "compose" || stem.starts_with("compose.") || stem.starts_with("docker-compose")
}

/// The builds of one compose file.
#[derive(Debug)]
pub(super) struct ComposeFile {
    pub(super) path: PathBuf,
    builds: BTreeMap<String, Build>,
}

/// The `build` of one service. `Default` stands for a value that is not written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Build {
    context: Value,
    dockerfile: Value,
    target: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Default,
    Text(String),
    /// Holds a variable, is remote, or comes from a place that is not read.
    Unknown,
}

/// A service that builds a Dockerfile in a context. Both paths are absolute and normalized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) dockerfile: PathBuf,
    pub(super) context: PathBuf,
    pub(super) file: PathBuf,
    pub(super) service: String,
    pub(super) target: Target,
}

impl ComposeFile {
    /// Reads the compose file `text`, found at the absolute `path`.
    ///
    /// # Errors
    /// The YAML parser's message, with line and column.
    pub(super) fn parse(path: PathBuf, text: &str) -> Result<Self, String> {
        let options = serde_saphyr::options! { with_snippet: false };
        let document: Option<Document> =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())?;
        let services = document.and_then(|document| document.services).unwrap_or_default();
        let builds =
            services.into_iter().filter_map(|(name, service)| Some((name, service.known()?.build()?))).collect();
        Ok(Self { path, builds })
    }

    fn is_default(&self) -> bool {
        let name = self.path.file_name();
        DEFAULT_NAMES.iter().any(|default| name == Some(default.as_ref()))
    }
}

/// What the compose files of one folder claim. They are read each on its own, and those with other
/// names than the default ones also as an addition to these, since both is common and nothing tells.
pub(super) fn claims(files: &[ComposeFile]) -> Vec<Claim> {
    let mut claims = Vec::new();
    for file in files {
        for (service, build) in &file.builds {
            claims.extend(claim(file, service, build));
            if file.is_default() {
                continue;
            }
            let bases = files.iter().filter(|base| base.is_default());
            for base in bases.filter_map(|base| base.builds.get(service)) {
                claims.extend(claim(file, service, &build.on_top_of(base)));
            }
        }
    }
    claims
}

fn claim(file: &ComposeFile, service: &str, build: &Build) -> Option<Claim> {
    let context = Path::new(build.context.known_or(".")?);
    let dockerfile = Path::new(build.dockerfile.known_or("Dockerfile")?);
    let context = lexical::normalize(&file.path.parent()?.join(context));
    Some(Claim {
        dockerfile: lexical::normalize(&context.join(dockerfile)),
        context,
        file: file.path.clone(),
        service: service.to_owned(),
        target: match &build.target {
            Value::Default => Target::Last,
            Value::Text(name) => Target::Named(name.clone()),
            Value::Unknown => Target::Unknown,
        },
    })
}

impl Build {
    fn on_top_of(&self, base: &Self) -> Self {
        Self {
            context: self.context.or(&base.context),
            dockerfile: self.dockerfile.or(&base.dockerfile),
            target: self.target.or(&base.target),
        }
    }
}

impl Value {
    fn or(&self, base: &Self) -> Self {
        if *self == Self::Default { base.clone() } else { self.clone() }
    }

    fn known_or<'a>(&'a self, default: &'a str) -> Option<&'a str> {
        match self {
            Self::Default => Some(default),
            Self::Text(text) => Some(text),
            Self::Unknown => None,
        }
    }

    /// `$$` is compose's escape for `$`; any other `$` starts a variable.
    fn read(text: &str) -> Self {
        let literal = text.replace("$$", "\0");
        if text.contains('\0') || literal.contains('$') || is_remote(&literal) {
            return Self::Unknown;
        }
        Self::Text(literal.replace('\0', "$"))
    }
}

/// `https://…`, `git@host:…`, `github.com/…`: the builder fetches these.
fn is_remote(context: &str) -> bool {
    context.contains("://") || context.starts_with("git@") || context.starts_with("github.com/")
}

#[derive(Deserialize)]
struct Document {
    services: Option<BTreeMap<String, Lenient<RawService>>>,
}

/// A value of the wanted type, or anything else.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lenient<T> {
    Known(T),
    Other(IgnoredAny),
}

impl<T> Lenient<T> {
    fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Other(IgnoredAny) => None,
        }
    }
}

#[derive(Deserialize)]
struct RawService {
    build: Option<RawBuild>,
    /// Build values that are not written here may come from the service that this names.
    extends: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawBuild {
    Context(String),
    Table(RawTable),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct RawTable {
    context: Option<Lenient<String>>,
    dockerfile: Option<Lenient<String>>,
    target: Option<Lenient<String>>,
    /// Replaces the Dockerfile, so no file is built.
    dockerfile_inline: Option<IgnoredAny>,
}

impl RawService {
    fn build(self) -> Option<Build> {
        let missing = if self.extends.is_some() { Value::Unknown } else { Value::Default };
        let value = |raw: Option<Lenient<String>>| match raw {
            None => missing.clone(),
            Some(raw) => raw.known().map_or(Value::Unknown, |text| Value::read(&text)),
        };
        match self.build? {
            RawBuild::Context(context) => {
                Some(Build { context: Value::read(&context), dockerfile: missing.clone(), target: missing })
            }
            RawBuild::Table(table) if table.dockerfile_inline.is_none() => Some(Build {
                context: value(table.context),
                dockerfile: value(table.dockerfile),
                target: value(table.target),
            }),
            RawBuild::Table(_) | RawBuild::Other(IgnoredAny) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> ComposeFile {
        ComposeFile::parse(Path::new("/p").join(name), text).unwrap()
    }

    /// `service: Dockerfile in context`.
    fn shown(files: &[ComposeFile]) -> Vec<String> {
        let show = |claim: Claim| {
            let (dockerfile, context) = (claim.dockerfile.display(), claim.context.display());
            format!("{}: {dockerfile} in {context}", claim.service)
        };
        claims(files).into_iter().map(show).collect()
    }

    #[test]
    fn names() {
        for name in [
            "compose.yml",
            "compose.yaml",
            "compose.dev.yaml",
            "docker-compose.yml",
            "docker-compose.prod.yml",
            "docker-compose-test.yaml",
        ] {
            assert!(is_compose_name(name), "{name}");
        }
        for name in ["compose.json", "my-compose.yml", "composer.yml", "compose", "yaml"] {
            assert!(!is_compose_name(name), "{name}");
        }
    }

    #[test]
    fn builds_in_all_their_forms() {
        let text = "
x-common: &common
  build:
    context: ./shared
    dockerfile: docker/Dockerfile
  unknown: [1, 2]
services:
  a:
    build: .
  b:
    build: ./b/
  c:
    build: {context: ../up, dockerfile: Dockerfile.c, args: {X: 1}, additional_contexts: {y: ./y}}
  d:
    <<: *common
    image: d
  e:
    build: {target: dev}
  f:
    image: no-build
  g:
  h: 3
  i:
    build: {context: ., dockerfile: $$x}
volumes: {v: {}}
";
        assert_eq!(
            shown(&[file("compose.yaml", text)]),
            [
                "a: /p/Dockerfile in /p",
                "b: /p/b/Dockerfile in /p/b",
                "c: /up/Dockerfile.c in /up",
                "d: /p/shared/docker/Dockerfile in /p/shared",
                "e: /p/Dockerfile in /p",
                "i: /p/$x in /p",
            ]
        );
    }

    #[test]
    fn what_is_not_sure_claims_nothing() {
        let text = "
services:
  a: {build: '${DIR:-.}'}
  b: {build: {context: ., dockerfile: $FILE}}
  c: {build: 'https://github.com/x/y.git'}
  d: {build: 'git@github.com:x/y.git'}
  e: {build: {context: ., dockerfile_inline: 'FROM a'}}
  f: {extends: {file: other.yml, service: f}, build: {target: dev}}
  g: {build: {context: [1]}}
  h: {build: [1]}
";
        assert_eq!(shown(&[file("compose.yaml", text)]), [""; 0]);
    }

    #[test]
    fn an_override_is_read_alone_and_on_top_of_its_base() {
        let base = file("compose.yaml", "services: {web: {build: {context: ./app, dockerfile: D}}}");
        let dev = file("compose.dev.yaml", "services: {web: {build: {target: dev}}}");
        assert_eq!(
            shown(&[base, dev]),
            ["web: /p/app/D in /p/app", "web: /p/Dockerfile in /p", "web: /p/app/D in /p/app",]
        );
    }

    #[test]
    fn targets() {
        let text = "services: {a: {build: .}, b: {build: {target: dev}}, c: {build: {target: '${T:-dev}'}}}";
        let targets: Vec<Target> =
            claims(&[file("compose.yaml", text)]).into_iter().map(|claim| claim.target).collect();
        assert_eq!(targets, [Target::Last, Target::Named("dev".to_owned()), Target::Unknown]);
    }

    #[test]
    fn compose_tags_are_fine() {
        let text = "services: {web: {build: ., ports: !reset [], x: !override {y: 1}}}";
        assert_eq!(shown(&[file("compose.yaml", text)]), ["web: /p/Dockerfile in /p"]);
    }

    #[test]
    fn broken_files_are_errors_and_empty_ones_are_not() {
        let parse = |text| ComposeFile::parse(PathBuf::from("/p/compose.yaml"), text);
        assert!(parse("services: {a: [").is_err());
        assert!(parse("services: [a]").is_err());
        assert!(claims(&[parse("").unwrap(), parse("services:").unwrap()]).is_empty());
    }
}
