//! Environment variables that tell a tool to read some file.

use super::Tool;

/// Variables of a tool that name no file: switches, addresses, numbers.
const HARMLESS_VARIABLES: &[&str] = &[
    "PIP_NO_CACHE_DIR",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_TRUSTED_HOST",
    "PIP_ROOT_USER_ACTION",
    "PIP_VERSION",
    "PIP_NO_INPUT",
    "PIP_RETRIES",
    "PIP_TIMEOUT",
    "PIP_NO_COLOR",
    "PIP_PROGRESS_BAR",
    "PIP_BREAK_SYSTEM_PACKAGES",
    "PIP_PREFER_BINARY",
    "NPM_CONFIG_LOGLEVEL",
    "NPM_CONFIG_REGISTRY",
    "NPM_CONFIG_PRODUCTION",
    "NPM_CONFIG_FUND",
    "NPM_CONFIG_AUDIT",
    "NPM_CONFIG_UPDATE_NOTIFIER",
    "NPM_CONFIG_CACHE",
    "NPM_CONFIG_PREFIX",
    "NPM_VERSION",
    "NPM_TOKEN",
    "YARN_VERSION",
    "YARN_CACHE_FOLDER",
    "BUNDLE_FROZEN",
    "BUNDLE_WITHOUT",
    "BUNDLE_JOBS",
    "BUNDLE_RETRY",
    "BUNDLE_SILENCE_ROOT_WARNING",
    "BUNDLER_VERSION",
    "GOPATH",
    "GOPROXY",
    "GO111MODULE",
    "GOOS",
    "GOARCH",
    "GOARM",
    "GOPRIVATE",
    "GOSUMDB",
    "GONOSUMDB",
    "GOCACHE",
    "GOMODCACHE",
    "GOROOT",
    "GOTOOLCHAIN",
    "GO_VERSION",
    "GOLANG_VERSION",
    "CARGO_HOME",
    "CARGO_TERM_COLOR",
    "CARGO_INCREMENTAL",
    "CARGO_NET_RETRY",
    "CARGO_NET_GIT_FETCH_WITH_CLI",
    "COMPOSER_ALLOW_SUPERUSER",
    "COMPOSER_MEMORY_LIMIT",
    "COMPOSER_HOME",
    "COMPOSER_CACHE_DIR",
    "COMPOSER_NO_INTERACTION",
    "PNPM_HOME",
    "PNPM_VERSION",
];

/// Names that only Dockerfiles and the programs in them look at.
const OWN_NAMES: &[&str] = &[
    "APP",
    "APPDIR",
    "APP_DIR",
    "APP_FOLDER",
    "APP_HOME",
    "APP_PATH",
    "APP_ROOT",
    "PROJECT_DIR",
    "PROJECT_ROOT",
    "RAILS_ROOT",
    "SRC_DIR",
    "WORKDIR",
    "WORK_DIR",
];

/// What the value of a variable may name as a path, where the variable is one that a tool may look at.
///
/// Any program that an install starts has variables of its own that name certificates, keys, settings, modules; so
/// the value counts and not the name.
#[must_use]
pub fn paths_in<'v>(name: &str, value: &'v str) -> Vec<&'v str> {
    if OWN_NAMES.contains(&name) {
        return Vec::new();
    }
    let parts = value.split([':', ';', ',', '=', ' ', '\t', '"', '\'']);
    parts.filter(|part| !part.is_empty()).collect()
}

/// Whether a variable of this name may tell the tool to read some file.
pub(super) fn steers(tool: Tool, name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let prefixes: &[&str] = match tool {
        Tool::Pip => &["PIP_"],
        Tool::Npm | Tool::Yarn | Tool::Pnpm => &["NPM_CONFIG_", "YARN_", "PNPM_", "NODE_OPTIONS"],
        Tool::Go => &["GO"],
        Tool::Cargo => &["CARGO_", "RUSTUP_TOOLCHAIN"],
        Tool::Bundler => &["BUNDLE_", "BUNDLER_", "RUBYOPT"],
        Tool::Composer => &["COMPOSER"],
    };
    prefixes.iter().any(|prefix| name.starts_with(prefix)) && !HARMLESS_VARIABLES.contains(&name.as_str())
}
