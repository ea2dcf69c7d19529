//! What may stand in a `dockmod.yaml`.

use std::fmt;
use std::marker::PhantomData;

#[cfg(test)]
use schemars::JsonSchema;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

#[cfg(test)]
use super::schema::tests::{TransformName, TransformOptions};

/// A whole file. A key that is not there says nothing: what it extends, or the default, holds.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[cfg_attr(
    test,
    schemars(title = "dockmod.yaml", description = "Configuration of dockmod, the codemod tool for Dockerfiles.")
)]
pub struct File {
    /// Files whose keys hold where this one has none, by path from this file; later ones win.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub extends: Option<Vec<Spanned<String>>>,
    /// Only these transforms, by id or by a check that they settle; allows their unsafe fixes.
    #[cfg_attr(test, schemars(with = "Option<Vec<TransformName>>"))]
    pub select: Option<Vec<Spanned<String>>>,
    /// These transforms as well as the others; allows their unsafe fixes.
    #[cfg_attr(test, schemars(with = "Option<Vec<TransformName>>"))]
    pub extend_select: Option<Vec<Spanned<String>>>,
    /// All but these transforms.
    #[cfg_attr(test, schemars(with = "Option<Vec<TransformName>>"))]
    pub ignore: Option<Vec<Spanned<String>>>,
    /// Nor these transforms.
    #[cfg_attr(test, schemars(with = "Option<Vec<TransformName>>"))]
    pub extend_ignore: Option<Vec<Spanned<String>>>,
    /// How far fixes may go.
    #[cfg_attr(test, schemars(with = "Option<Safety>"))]
    pub safety: Option<Spanned<Safety>>,
    /// Options of transforms: the option by its name below the transform's id.
    #[cfg_attr(test, schemars(with = "Option<TransformOptions>"))]
    pub transforms: Option<Map<Map<Spanned<String>>>>,
    /// Whether caches of package managers are kept out of the image by cleaning up, or by cache mounts.
    #[cfg_attr(test, schemars(with = "Option<Profile>"))]
    pub profile: Option<Spanned<Profile>>,
    /// Further files that are Dockerfiles: patterns as in a .gitignore, from this file's folder.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub include: Option<Vec<Spanned<String>>>,
    /// Dockerfiles that are left out: patterns as in a .gitignore, from this file's folder.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub exclude: Option<Vec<Spanned<String>>>,
    /// Whether `# dockmod: ignore=…` counts only with a reason behind it.
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    pub require_suppression_reasons: Option<Spanned<bool>>,
    /// How registries are asked, each by its host and port; Docker Hub is docker.io.
    #[cfg_attr(test, schemars(with = "Option<std::collections::BTreeMap<String, Registry>>"))]
    pub registries: Option<Map<Registry>>,
    /// Other values for some Dockerfiles; later ones win.
    pub overrides: Vec<Override>,
}

/// How a registry is asked.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Registry {
    /// HOST[:PORT][/PATH] that is asked in its place; the names in Dockerfiles stay.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub rewrite: Option<Spanned<String>>,
    /// HOST[:PORT][/PATH] of mirrors that are asked before it, in this order.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub mirrors: Option<Vec<Spanned<String>>>,
    /// Whether it is spoken to without TLS.
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    pub plain_http: Option<Spanned<bool>>,
    /// Certificates of authorities that are trusted beside the system's, by path from this file.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub ca_file: Option<Spanned<String>>,
    /// How many requests it gets at once.
    #[cfg_attr(test, schemars(with = "Option<u16>"))]
    pub concurrent: Option<Spanned<u16>>,
}

/// Values for the Dockerfiles of some paths.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Override {
    /// For which Dockerfiles: patterns as in a .gitignore, from this file's folder.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub paths: Vec<Spanned<String>>,
    /// Only these transforms, by id or by a check that they settle; allows their unsafe fixes.
    #[cfg_attr(test, schemars(with = "Option<Vec<TransformName>>"))]
    pub select: Option<Vec<Spanned<String>>>,
    /// These transforms as well as the others; allows their unsafe fixes.
    #[cfg_attr(test, schemars(with = "Option<Vec<TransformName>>"))]
    pub extend_select: Option<Vec<Spanned<String>>>,
    /// All but these transforms.
    #[cfg_attr(test, schemars(with = "Option<Vec<TransformName>>"))]
    pub ignore: Option<Vec<Spanned<String>>>,
    /// Nor these transforms.
    #[cfg_attr(test, schemars(with = "Option<Vec<TransformName>>"))]
    pub extend_ignore: Option<Vec<Spanned<String>>>,
    /// How far fixes may go.
    #[cfg_attr(test, schemars(with = "Option<Safety>"))]
    pub safety: Option<Spanned<Safety>>,
    /// Options of transforms: the option by its name below the transform's id.
    #[cfg_attr(test, schemars(with = "Option<TransformOptions>"))]
    pub transforms: Option<Map<Map<Spanned<String>>>>,
    /// Whether caches of package managers are kept out of the image by cleaning up, or by cache mounts.
    #[cfg_attr(test, schemars(with = "Option<Profile>"))]
    pub profile: Option<Spanned<Profile>>,
}

/// The keys that a file and its overrides share.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'f> {
    /// `select`
    pub select: Option<&'f [Spanned<String>]>,
    /// `extend-select`
    pub extend_select: &'f [Spanned<String>],
    /// `ignore`
    pub ignore: Option<&'f [Spanned<String>]>,
    /// `extend-ignore`
    pub extend_ignore: &'f [Spanned<String>],
    /// `safety`
    pub safety: Option<&'f Spanned<Safety>>,
    /// `transforms`
    pub transforms: &'f [(Spanned<String>, Map<Spanned<String>>)],
    /// `profile`
    pub profile: Option<&'f Spanned<Profile>>,
}

macro_rules! rules_of {
    ($kind:ty) => {
        impl $kind {
            /// The keys that files and overrides share.
            #[must_use]
            pub fn rules(&self) -> Rules<'_> {
                Rules {
                    select: self.select.as_deref(),
                    extend_select: self.extend_select.as_deref().unwrap_or_default(),
                    ignore: self.ignore.as_deref(),
                    extend_ignore: self.extend_ignore.as_deref().unwrap_or_default(),
                    safety: self.safety.as_ref(),
                    transforms: self.transforms.as_ref().map(|map| map.0.as_slice()).unwrap_or_default(),
                    profile: self.profile.as_ref(),
                }
            }
        }
    };
}
rules_of!(File);
rules_of!(Override);

/// How far fixes may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Safety {
    /// Only fixes that keep the image; unsafe ones of transforms that are selected by name.
    Safe,
    /// Also fixes that may change what is in the image.
    Unsafe,
}

impl Safety {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

/// How caches of package managers are kept out of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Options and commands that keep no cache or remove it.
    Classic,
    /// By `RUN --mount=type=cache`: a cache that is kept there must not be cleaned.
    Buildkit,
}

impl Profile {
    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Buildkit => "buildkit",
        }
    }
}

/// A mapping in the order of the file, each key with its place.
#[derive(Debug, Clone)]
pub struct Map<V>(pub Vec<(Spanned<String>, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Map<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
            type Value = Map<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Map<V>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = access.next_entry()? {
                    entries.push(entry);
                }
                Ok(Map(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}
