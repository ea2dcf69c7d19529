//! What the names and the first bytes of files tell.
//!
//! Sources: `isArchivePath` of `BuildKit`'s `solver/llbsolver/file/unpack.go` with `DecompressStream`, which it calls;
//! Go's `archive/tar`; the documentation of each tool on its files.

/// How many bytes of a file [`may_unpack`] wants to see.
pub const HEAD: usize = 512;

/// The first bytes of what ADD decompresses before it looks for a tar header.
const COMPRESSED: &[&[u8]] = &[
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    // Older compressions, which other builders unpack.
    b"\x1f\x9d",
    b"\x5d\0\0",
    b"LZIP",
];

/// Whether ADD may unpack a file that starts with these bytes: it is compressed, or has a tar header.
///
/// What is compressed may hold something else than a tar archive, which ADD would copy as it is.
#[must_use]
pub fn may_unpack(head: &[u8]) -> bool {
    // Zstandard's skippable frames may stand before the first one.
    let skippable = head.len() > 3 && head[0] & 0xf0 == 0x50 && head[1..4] == *b"\x2a\x4d\x18";
    COMPRESSED.iter().any(|magic| head.starts_with(magic)) || skippable || has_tar_header(head)
}

/// A tar header is told by its checksum: the oldest format has no magic number.
fn has_tar_header(head: &[u8]) -> bool {
    const FIELD: std::ops::Range<usize> = 148..156;
    let Some(block) = head.get(..HEAD) else { return false };
    let digits: Vec<u8> = block[FIELD].iter().copied().filter(|byte| !matches!(byte, b' ' | 0)).collect();
    let Some(stated) = std::str::from_utf8(&digits).ok().and_then(|digits| i64::from_str_radix(digits, 8).ok()) else {
        return false;
    };
    let byte = |at: usize| if FIELD.contains(&at) { b' ' } else { block[at] };
    let unsigned: i64 = (0..HEAD).map(|at| i64::from(byte(at))).sum();
    let signed: i64 = (0..HEAD).map(|at| i64::from(byte(at).cast_signed())).sum();
    stated == unsigned || stated == signed
}

/// Whether a file that starts with these bytes stands for another one, which a checkout or a build puts in its
/// place: a pointer of git-lfs or git-annex, or a file without content.
#[must_use]
pub fn stands_for_another(head: &[u8]) -> bool {
    head.is_empty() || head.starts_with(b"version https://git-lfs") || head.starts_with(b"/annex/objects/")
}

/// Whether a file starts like a ZIP archive, which ADD does not unpack.
#[must_use]
pub fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// Ends of the names of tar archives and of compressed files. Packages of Alpine, Arch, Ruby and Rust are tar
/// archives too.
const PACKED: &[&str] = &[
    ".tar", ".tgz", ".taz", ".tbz", ".tbz2", ".tb2", ".tz2", ".txz", ".tlz", ".tzst", ".gz", ".bz2", ".xz", ".zst",
    ".zip", ".z", ".lz", ".lzma", ".lz4", ".7z", ".rar", ".apk", ".gem", ".crate", ".box", ".ova", ".img",
];

/// Whether a name says that the file is packed: ADD may unpack it.
#[must_use]
pub fn is_packed_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PACKED.iter().any(|end| name.ends_with(end)) || name.contains(".tar.") || name.contains(".tar-")
}

/// Ends of the names of texts, programs and the like, which nobody unpacks.
const PLAIN: &[&str] = &[
    "bash",
    "bat",
    "c",
    "cc",
    "cf",
    "cfg",
    "class",
    "cmake",
    "cnf",
    "conf",
    "config",
    "control",
    "cpp",
    "cron",
    "crontab",
    "crt",
    "cs",
    "csproj",
    "css",
    "csv",
    "ctmpl",
    "d",
    "deb",
    "default",
    "desktop",
    "diff",
    "dll",
    "ear",
    "ejs",
    "env",
    "erb",
    "ex",
    "exe",
    "exs",
    "fish",
    "fsproj",
    "gemspec",
    "go",
    "gradle",
    "groovy",
    "h",
    "hcl",
    "hpp",
    "htm",
    "html",
    "ini",
    "init",
    "ipynb",
    "j2",
    "jar",
    "java",
    "jinja",
    "jpg",
    "js",
    "json",
    "jsonc",
    "jsx",
    "key",
    "kt",
    "kts",
    "kubeconfig",
    "list",
    "local",
    "lock",
    "log",
    "lua",
    "map",
    "md",
    "mjs",
    "mk",
    "mod",
    "npmrc",
    "options",
    "patch",
    "pem",
    "php",
    "phtml",
    "pip",
    "pl",
    "pm",
    "png",
    "pp",
    "prefs",
    "profile",
    "properties",
    "proto",
    "ps1",
    "pub",
    "py",
    "pyc",
    "r",
    "rake",
    "rb",
    "repo",
    "rpm",
    "rs",
    "rst",
    "sbt",
    "scala",
    "scss",
    "service",
    "sh",
    "sln",
    "so",
    "sql",
    "sum",
    "svg",
    "swift",
    "tcl",
    "template",
    "tf",
    "tmpl",
    "toml",
    "tpl",
    "ts",
    "tsx",
    "ttf",
    "txt",
    "vcl",
    "vim",
    "vue",
    "war",
    "whl",
    "xml",
    "yaml",
    "yml",
    "zsh",
];

/// Names without an end that say: a text.
const PLAIN_NAMES: &[&str] = &[
    "dockerfile",
    "gemfile",
    "gradlew",
    "jenkinsfile",
    "license",
    "makefile",
    "mvnw",
    "pipfile",
    "procfile",
    "rakefile",
    "readme",
    "vagrantfile",
    "entrypoint",
    "docker-entrypoint",
    "crontab",
];

/// Whether a name ends like that of a text, a program or an image: a file, and nothing that is unpacked.
#[must_use]
pub fn is_plain_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if is_packed_name(&name) {
        return false;
    }
    match name.rsplit_once('.') {
        Some((stem, end)) => PLAIN.contains(&end) && !stem.is_empty(),
        None => PLAIN_NAMES.contains(&name.as_str()),
    }
}

/// Whether a name is one that files have and folders seldom do: a plain one, but for `conf.d` and its like, which
/// are folders as often as not.
#[must_use]
pub fn is_file_name(name: &str) -> bool {
    is_plain_name(name) && !name.to_ascii_lowercase().ends_with(".d")
}

/// Parts of names of what may be an archive though no end says so.
const PERHAPS_PACKED: &[&str] =
    &["archive", "backup", "bundle", "dump", "image", "layer", "release", "rootfs", "root-fs", "snapshot", "tarball"];

/// Whether a name has no end, and nothing in it speaks of an archive: that of a folder, a program, a dot file.
#[must_use]
pub fn is_bare_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let bare = name.strip_prefix('.').unwrap_or(&name);
    let says_tar = bare.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "tar");
    !bare.is_empty() && !bare.contains('.') && !says_tar && !PERHAPS_PACKED.iter().any(|part| bare.contains(part))
}

/// Folders that images bring, whatever they are for.
const STANDING: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/go",
    "/home",
    "/lib",
    "/lib64",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/var",
    "/workspace",
    "/workspaces",
];

/// Whether an absolute path is that of a folder that images bring.
#[must_use]
pub fn is_standing_folder(path: &str) -> bool {
    path == "/" || STANDING.contains(&path)
}

/// Whether an absolute path is a folder that images bring, or lies in one that they fill: what is below `/opt` and
/// `/srv` is the project's own.
#[must_use]
pub fn is_in_standing_folder(path: &str) -> bool {
    let mut filled = STANDING.iter().filter(|standing| !matches!(**standing, "/opt" | "/srv"));
    is_standing_folder(path)
        || filled.any(|standing| path.strip_prefix(standing).is_some_and(|rest| rest.starts_with('/')))
}

/// Manifests, lock files and settings of development tools: small texts beside the code.
const MANIFESTS: &[&str] = &[
    ".babelrc",
    ".browserslistrc",
    ".bundle",
    ".dockerignore",
    ".editorconfig",
    ".eslintignore",
    ".eslintrc",
    ".eslintrc.cjs",
    ".eslintrc.js",
    ".eslintrc.json",
    ".eslintrc.yml",
    ".node-version",
    ".npmrc",
    ".nvmrc",
    ".postcssrc",
    ".prettierignore",
    ".prettierrc",
    ".prettierrc.js",
    ".prettierrc.json",
    ".pylintrc",
    ".python-version",
    ".rspec",
    ".rubocop.yml",
    ".ruby-gemset",
    ".ruby-version",
    ".stylelintrc",
    ".swcrc",
    ".tool-versions",
    ".yarnrc",
    ".yarnrc.yml",
    "angular.json",
    "babel.config.js",
    "babel.config.json",
    "bower.json",
    "build.gradle",
    "build.gradle.kts",
    "build.sbt",
    "build.xml",
    "bun.lock",
    "bun.lockb",
    "cargo.lock",
    "cargo.toml",
    "composer.json",
    "composer.lock",
    "constraints.txt",
    "deno.json",
    "deno.lock",
    "deps.edn",
    "directory.build.props",
    "directory.packages.props",
    "gemfile",
    "gemfile.lock",
    "global.json",
    "go.mod",
    "go.sum",
    "go.work",
    "go.work.sum",
    "gradle.properties",
    "jest.config.js",
    "jest.config.ts",
    "jsconfig.json",
    "lerna.json",
    "manifest.in",
    "mix.exs",
    "mix.lock",
    "nest-cli.json",
    "next.config.js",
    "next.config.mjs",
    "npm-shrinkwrap.json",
    "nuget.config",
    "nuxt.config.js",
    "nuxt.config.ts",
    "nx.json",
    "package-lock.json",
    "package.json",
    "paket.lock",
    "pdm.lock",
    "pipfile",
    "pipfile.lock",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "poetry.lock",
    "poetry.toml",
    "pom.xml",
    "postcss.config.cjs",
    "postcss.config.js",
    "project.clj",
    "pyproject.toml",
    "pytest.ini",
    "rakefile",
    "rebar.config",
    "rebar.lock",
    "rollup.config.js",
    "rust-toolchain",
    "rust-toolchain.toml",
    "settings.gradle",
    "settings.gradle.kts",
    "setup.cfg",
    "setup.py",
    "shard.lock",
    "shard.yml",
    "stack.yaml",
    "svelte.config.js",
    "tailwind.config.cjs",
    "tailwind.config.js",
    "tailwind.config.ts",
    "tox.ini",
    "tslint.json",
    "turbo.json",
    "uv.lock",
    "vite.config.js",
    "vite.config.ts",
    "vue.config.js",
    "webpack.config.js",
    "yarn.lock",
];

/// Patterns that name nothing but manifests and lock files.
const MANIFEST_PATTERNS: &[&str] = &[
    "gemfile*",
    "go.*",
    "composer.*",
    "package*.json",
    "package*json",
    "pnpm-lock.yaml*",
    "package-lock.json*",
    "npm-shrinkwrap.json*",
    "poetry.lock*",
    "requirements*.txt",
    "requirements.txt*",
    "tsconfig*.json",
    "yarn.lock*",
    "yarn*.lock",
    "yarn.*",
    "*.csproj",
    "*.sln",
    "*.gemspec",
    "pipfile*",
    "cargo.*",
    "mix.*",
];

/// Whether a name is that of a manifest, a lock file or the settings of a development tool, or a pattern for such.
#[must_use]
pub fn is_manifest_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let between = |head: &str, tail: &str| {
        name.strip_prefix(head).is_some_and(|rest| rest.strip_suffix(tail).is_some()) && !name.contains('*')
    };
    let ends = [".csproj", ".fsproj", ".vbproj", ".sln", ".gemspec", ".cabal"];
    between("requirements", ".txt")
        || between("tsconfig", ".json")
        || MANIFESTS.contains(&name.as_str())
        || MANIFEST_PATTERNS.contains(&name.as_str())
        || !name.contains(['*', '?', '[']) && ends.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tar header of the oldest format for a file without content.
    fn header() -> Vec<u8> {
        let mut block = vec![0_u8; HEAD];
        block[0] = b'x';
        let sum: u32 = u32::from(b'x') + 8 * u32::from(b' ');
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    #[test]
    fn archives_are_told_by_their_content() {
        assert!(may_unpack(&header()));
        assert!(may_unpack(b"\x1f\x8b\x08rest"));
        assert!(may_unpack(b"\x50\x2a\x4d\x18"));
        assert!(!may_unpack(b"#!/bin/sh\n"));
        assert!(!may_unpack(&[0; HEAD]));
        assert!(!may_unpack(&[b'a'; HEAD]));
        assert!(!may_unpack(b""));
        assert!(!may_unpack(b"PK\x03\x04"));
    }

    #[test]
    fn names() {
        for name in ["a.tar", "a.tar.xz", "a.TGZ", "layer.tar.zst", "x.apk", "a.tar.gz.asc"] {
            assert!(is_packed_name(name) && !is_plain_name(name), "{name}");
        }
        assert!(is_plain_name("app.py") && is_plain_name("Makefile") && !is_plain_name("data.bin"));
        assert!(is_file_name("app.py") && !is_file_name("conf.d") && !is_file_name("bin"));
        assert!(!is_plain_name(".py") && !is_plain_name("python-3.11"));
        assert!(is_bare_name("src") && is_bare_name(".bashrc") && !is_bare_name("rootfs") && !is_bare_name("a.b"));
        assert!(is_bare_name("start") && !is_bare_name("x-tar"));
        assert!(is_manifest_name("package*.json") && is_manifest_name("requirements-dev.txt"));
        assert!(!is_manifest_name("*") && !is_manifest_name("app.py"));
    }
}
