//! `dockmod pin` against real registries, which `tests/registry/start` starts.
#![cfg(feature = "registry")]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and touches files"
)]

#[path = "registry/layout.rs"]
mod layout;
#[path = "registry/server.rs"]
mod server;
#[path = "registry/tokens.rs"]
mod tokens;

use std::path::{Path, PathBuf};
use std::process::Command;

use layout::{Layout, delete, digest};
use tempfile::TempDir;

fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: see tests/registry/start"))
}

/// A repository with Dockerfiles.
struct Repository {
    folder: TempDir,
    login: Option<TempDir>,
}

struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Repository {
    /// The registries of the tests are named as what they are, without TLS.
    fn new(configuration: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        let hosts = ["DOCKMOD_REGISTRY", "DOCKMOD_REGISTRY_LOGIN", "DOCKMOD_REGISTRY_TOKEN"].map(setting);
        let plain = hosts.map(|host| format!("  {host}:\n    plain-http: true\n")).concat();
        std::fs::write(folder.path().join("dockmod.yaml"), format!("registries:\n{plain}{configuration}")).unwrap();
        Self { folder, login: None }
    }

    /// With a login for a host, as `docker login` keeps it.
    fn with_login(mut self, host: &str, login: &str) -> Self {
        use base64::Engine as _;
        let folder = tempfile::tempdir().expect("a folder");
        let auth = base64::engine::general_purpose::STANDARD.encode(login);
        std::fs::write(folder.path().join("config.json"), format!(r#"{{"auths":{{"{host}":{{"auth":"{auth}"}}}}}}"#))
            .unwrap();
        self.login = Some(folder);
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockmod"));
        command.args(arguments).current_dir(self.folder.path());
        for name in
            ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REGISTRY_AUTH_FILE"]
        {
            command.env_remove(name);
        }
        // No login of whoever runs the tests.
        let nowhere = self.path("nowhere");
        command.env("HOME", &nowhere).env("XDG_RUNTIME_DIR", &nowhere).env("XDG_CONFIG_HOME", &nowhere);
        command.env("DOCKER_CONFIG", self.login.as_ref().map_or(nowhere.as_path(), |folder| folder.path()));
        let output = command.output().expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let status = output.status.code().expect("a status");
        Ran { status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

/// Pushes an image to the registry for all, under a name of this test's own.
fn push(name: &str, platforms: &[&str], says: &str, format: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let to = format!("{}/{name}", setting("DOCKMOD_REGISTRY"));
    Layout::new(folder.path().join("layout"), platforms, says).push(&to, format, None);
    to
}

const BOTH: &[&str] = &["linux/amd64", "linux/arm64"];
const ONE: &[&str] = &["linux/amd64"];

#[test]
#[ignore = "needs DOCKMOD_REGISTRY"]
fn images_of_all_kinds_are_pinned_to_what_the_registry_has() {
    let list = push("kinds/list:1", BOTH, "a", "v2s2");
    let index = push("kinds/index:1", BOTH, "a", "oci");
    let docker = push("kinds/docker:1", ONE, "a", "v2s2");
    let oci = push("kinds/oci:1", ONE, "a", "oci");
    let unnamed = push("kinds/unnamed:latest", ONE, "a", "oci");
    let bare = unnamed.strip_suffix(":latest").unwrap();
    let repository = Repository::new("");
    let source = format!(
        "# syntax={index}\r\nARG BASE=\"{list}\"\r\n\r\nFROM --platform=linux/arm64 {index} AS one # not a comment\r\n"
    );
    let source = source.replace(" # not a comment", "");
    let rest = format!(
        "FROM  ${{BASE}}\tAS  two\r\nCOPY --from={docker} /a /b\r\nRUN --mount=type=bind,from={oci},target=/x \\\r\n  true\r\nCOPY --from=one /a /b\r\nFROM {bare}\r\n"
    );
    repository.write("a/Dockerfile", &format!("{source}{rest}"));
    let ran = repository.run(&["pin", "."]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let pinned = |image: &str| format!("{image}@{}", digest(image));
    let mut expected =
        format!("{source}{rest}").replace(&format!("FROM {bare}"), &format!("FROM {}", pinned(&unnamed)));
    for image in [&list, &index, &docker, &oci] {
        expected = expected.replace(image.as_str(), &pinned(image));
    }
    assert_eq!(repository.read("a/Dockerfile"), expected);
    let lock = repository.read("dockmod.lock");
    assert_eq!(lock.matches("[[image]]").count(), 5, "{lock}");
    assert!(
        lock.contains("platforms = [\"linux/amd64\", \"linux/arm64\"]") && lock.contains("\"a/Dockerfile\""),
        "{lock}"
    );

    let again = repository.run(&["pin", "."]);
    assert_eq!(
        (again.status, again.stdout.as_str(), repository.read("dockmod.lock")),
        (0, "", lock),
        "{}",
        again.stderr
    );
    assert!(again.stderr.contains("0 requests"), "a second run asks nobody: {}", again.stderr);
    assert_eq!(repository.run(&["pin", "--locked", "--check"]).status, 0);
}

#[test]
#[ignore = "needs DOCKMOD_REGISTRY"]
fn the_lock_answers_without_a_registry() {
    let image = push("lock/a:1", BOTH, "a", "oci");
    let other = push("lock/b:1", BOTH, "b", "oci");
    let repository = Repository::new("");
    repository.write("a/Dockerfile", &format!("FROM {image}\n"));
    assert_eq!(repository.run(&["pin"]).status, 0);
    let pinned = repository.read("a/Dockerfile");
    // The tag moves on: the lock still says what it stood for.
    push("lock/a:1", BOTH, "later", "oci");
    repository.write("b/Dockerfile", &format!("FROM {image}\n"));
    assert_eq!(repository.run(&["pin", "--check", "--locked"]).status, 1);
    assert_eq!(repository.run(&["pin", "--locked"]).status, 0);
    assert_eq!(repository.read("b/Dockerfile"), pinned);
    assert!(repository.read("dockmod.lock").contains("\"b/Dockerfile\""));
    repository
        .write("c/Dockerfile", &format!("FROM {image}\nCOPY --from={other} /a /\n"))
        .write("d/Dockerfile", &format!("FROM {image}\n"));
    let ran = repository.run(&["pin", "--locked"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("c/Dockerfile:2") && ran.stderr.contains("not in dockmod.lock"), "{}", ran.stderr);
    assert!(!repository.read("d/Dockerfile").contains('@'), "nothing is written where the lock is not complete");
    // A run of the transforms reads the lock too.
    let ran = repository.run(&["--apply", "--select", "pin-digest", "d"]);
    assert_eq!((ran.status, repository.read("d/Dockerfile")), (0, pinned), "{}", ran.stderr);
}

#[test]
#[ignore = "needs DOCKMOD_REGISTRY"]
fn digests_and_tags_move_on() {
    for (tag, says) in [
        ("3.9.6-slim", "a"),
        ("3.9.7-slim", "b"),
        ("3.10.1-slim", "c"),
        ("4.0.0-slim", "d"),
        ("3.9.9", "e"),
        ("3.9.8-rc1-slim", "f"),
        ("20240131", "g"),
    ] {
        push(&format!("move/python:{tag}"), BOTH, says, "oci");
    }
    let host = setting("DOCKMOD_REGISTRY");
    let python = format!("{host}/move/python");
    let debian = push("move/debian:12", BOTH, "a", "oci");
    let repository = Repository::new("");
    repository.write("Dockerfile", &format!("FROM {python}:3.9.6-slim\nFROM {debian}\n"));
    assert_eq!(repository.run(&["pin"]).status, 0);
    let first = repository.read("Dockerfile");
    push("move/debian:12", BOTH, "later", "oci");
    for (level, tag) in [("patch", "3.9.7-slim"), ("minor", "3.10.1-slim"), ("major", "4.0.0-slim")] {
        repository.write("Dockerfile", &first);
        let ran = repository.run(&["pin", "--update", &python, "--tags", level]);
        let tag = format!("{python}:{tag}");
        let expected = format!("FROM {tag}@{}\n{}", digest(&tag), first.lines().nth(1).unwrap().to_owned() + "\n");
        assert_eq!((ran.status, repository.read("Dockerfile")), (0, expected), "{}", ran.stderr);
        assert!(ran.stdout.contains(&format!("move `{python}:3.9.6-slim` to `{tag}`")), "{}", ran.stdout);
    }
    repository.write("Dockerfile", &first);
    let ran = repository.run(&["pin", "--update"]);
    let moved = format!("FROM {debian}@{}\n", digest(&debian));
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(repository.read("Dockerfile"), format!("{}\n{moved}", first.lines().next().unwrap()));
    assert_eq!(repository.run(&["pin", "--update", "--check"]).status, 0, "what is up to date stays");
    let ran = repository.run(&["pin", "--update", "nothing"]);
    assert!(ran.status == 2 && ran.stderr.contains("no Dockerfile here names it"), "{}", ran.stderr);
}

#[test]
#[ignore = "needs DOCKMOD_REGISTRY"]
fn what_became_of_locked_images_is_told() {
    let kept = push("verify/kept:1", BOTH, "a", "oci");
    let moved = push("verify/moved:1", BOTH, "a", "oci");
    let gone = push("verify/gone:1", ONE, "gone", "oci");
    let repository = Repository::new("");
    repository.write("Dockerfile", &format!("FROM {kept}\nFROM {moved}\nFROM {gone}\n"));
    assert_eq!(repository.run(&["pin"]).status, 0);
    assert_eq!(repository.run(&["pin", "--verify"]).status, 0);
    push("verify/moved:1", BOTH, "later", "oci");
    let ran = repository.run(&["pin", "--verify"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with(&format!("{moved}: moved: from ")) && ran.stdout.lines().count() == 1,
        "{}",
        ran.stdout
    );
    delete(&gone);
    let ran = repository.run(&["pin", "--verify"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(ran.stdout.contains(&format!("{gone}: gone: the registry no longer has sha256:")), "{}", ran.stdout);
    assert!(ran.stderr.contains("3 locked images: 1 gone, 1 whose tag moved"), "{}", ran.stderr);
}

#[test]
#[ignore = "needs DOCKMOD_REGISTRY"]
fn versions_of_latest_are_named() {
    let name = "versions/node";
    for tag in ["latest", "24", "24.11", "24.11.1", "24.11.1-bookworm", "current"] {
        push(&format!("{name}:{tag}"), BOTH, "new", "oci");
    }
    for tag in ["22.1.0-bookworm", "24.10.0-bookworm", "25.0.0-rc1-bookworm"] {
        push(&format!("{name}:{tag}"), BOTH, tag, "oci");
    }
    for tag in ["latest", "1.27.3-alpine", "1.27.3-bookworm", "1.27.3"] {
        push(&format!("versions/nginx:{tag}"), BOTH, "new", "oci");
    }
    push("versions/none:latest", BOTH, "new", "oci");
    let host = setting("DOCKMOD_REGISTRY");
    let repository = Repository::new("");
    let source = format!("FROM {host}/{name}\nFROM {host}/versions/nginx:latest\nFROM {host}/versions/none\n");
    repository.write("Dockerfile", &source);
    let ran = repository.run(&["--select", "pin-tag", "--apply"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    // By its name the unsafe one is asked for too: the first of those that fit.
    let expected = source
        .replace(&format!("{name}\n"), &format!("{name}:24.11.1-bookworm\n"))
        .replace("nginx:latest", "nginx:1.27.3-alpine");
    assert_eq!(repository.read("Dockerfile"), expected);
    repository.write("Dockerfile", &source);
    let ran = repository.run(&["pin", "--versions"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let after = repository.read("Dockerfile");
    assert!(after.starts_with(&format!("FROM {host}/{name}:24.11.1-bookworm@sha256:")), "{after}");
    assert!(
        after.contains("/versions/nginx:latest@sha256:") && after.contains("/versions/none:latest@sha256:"),
        "{after}"
    );
    assert!(
        ran.stderr.contains("only with --unsafe: name the version") && ran.stderr.contains("no tag with a version"),
        "{}",
        ran.stderr
    );
}

#[test]
#[ignore = "needs DOCKMOD_REGISTRY"]
fn a_platform_that_is_not_there_stops_before_anything_is_written() {
    let image = push("platform/a:1", BOTH, "a", "oci");
    let single = push("platform/b:1", ONE, "a", "v2s2");
    let repository = Repository::new("");
    let source = format!(
        "FROM --platform=linux/s390x {image}\nFROM --platform=linux/arm64 {single}\nFROM --platform=$BUILDPLATFORM {image}\n"
    );
    repository.write("Dockerfile", &source);
    let ran = repository.run(&["pin"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("it is not there for linux/s390x, only for linux/amd64, linux/arm64"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("it is not there for linux/arm64, only for linux/amd64"), "{}", ran.stderr);
    let expected =
        source.replacen(&format!("$BUILDPLATFORM {image}"), &format!("$BUILDPLATFORM {image}@{}", digest(&image)), 1);
    assert_eq!(repository.read("Dockerfile"), expected);
}

#[test]
#[ignore = "needs DOCKMOD_REGISTRY"]
fn arguments_are_pinned_where_that_is_right() {
    let image = push("arguments/a:1", BOTH, "a", "oci");
    let host = setting("DOCKMOD_REGISTRY");
    let source = format!(
        "ARG WHOLE={image}\nARG READ={image}\nARG VERSION=1\nFROM $WHOLE\nFROM $READ\nARG READ\nRUN echo $READ\nFROM {host}/arguments/a:${{VERSION}} AS x\nFROM {host}/arguments/a:$NONE\n"
    );
    let repository = Repository::new("");
    repository.write("Dockerfile", &source);
    let ran = repository.run(&["pin"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let whole = source.replace(&format!("WHOLE={image}"), &format!("WHOLE={image}@{}", digest(&image)));
    assert_eq!(repository.read("Dockerfile"), whole);
    for reason in ["something else reads `READ`", "`VERSION` may be set to another value", "`NONE` has no default"] {
        assert!(ran.stderr.contains(reason), "{reason}: {}", ran.stderr);
    }
    let repository = Repository::new("transforms: {pin-digest: {arguments: add-argument}}\n");
    repository.write("Dockerfile", &source);
    let ran = repository.run(&["pin"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let expected = whole
        .replace("ARG VERSION=1\n", &format!("ARG VERSION=1\nARG A_DIGEST=@{}\n", digest(&image)))
        .replace("${VERSION} AS", "${VERSION}${A_DIGEST} AS");
    assert_eq!(repository.read("Dockerfile"), expected);
    assert_eq!(repository.run(&["pin", "--check"]).status, 0);
    push("arguments/a:1", BOTH, "later", "oci");
    assert_eq!(repository.run(&["pin", "--update"]).status, 0);
    assert!(repository.read("Dockerfile").contains(&format!("ARG A_DIGEST=@{}\n", digest(&image))));
}

#[test]
#[ignore = "needs DOCKMOD_REGISTRY"]
fn a_rewrite_is_asked_in_the_place_of_docker_hub() {
    push("hub/library/alpine:3.20", BOTH, "a", "oci");
    let host = setting("DOCKMOD_REGISTRY");
    let repository = Repository::new(&format!("  docker.io:\n    rewrite: {host}/hub\n"));
    repository.write("Dockerfile", "FROM alpine:3.20\n");
    let ran = repository.run(&["pin"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let expected = format!("FROM alpine:3.20@{}\n", digest(&format!("{host}/hub/library/alpine:3.20")));
    assert_eq!(repository.read("Dockerfile"), expected);
    assert!(repository.read("dockmod.lock").contains("reference = \"alpine:3.20\""));
}

#[test]
#[ignore = "needs DOCKMOD_REGISTRY"]
fn an_authority_of_a_file_is_trusted() {
    let (host, keys) = (setting("DOCKMOD_REGISTRY_TLS"), setting("DOCKMOD_REGISTRY_KEYS"));
    let folder = tempfile::tempdir().expect("a folder");
    Layout::new(folder.path().join("layout"), BOTH, "tls").push(&format!("{host}/a:1"), "oci", None);
    let repository = Repository::new("");
    repository.write("Dockerfile", &format!("FROM {host}/a:1\n"));
    let ran = repository.run(&["pin"]);
    assert!(ran.status == 2 && ran.stderr.contains("can't be reached"), "{}", ran.stderr);
    let repository = Repository::new(&format!("  {host}:\n    ca-file: {keys}/ca.pem\n"));
    repository.write("Dockerfile", &format!("FROM {host}/a:1\n"));
    let ran = repository.run(&["pin"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(repository.read("Dockerfile"), format!("FROM {host}/a:1@{}\n", digest(&format!("{host}/a:1"))));
}

/// The password, encoded or not, is in no output and in no file.
fn assert_secret(ran: &Ran, repository: &Repository) {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode("reader:open sesame");
    for text in [&ran.stdout, &ran.stderr, &repository.read("dockmod.lock"), &repository.read("Dockerfile")] {
        assert!(!text.contains("sesame") && !text.contains(&encoded) && !text.contains("Bearer"), "{text}");
    }
}

#[test]
#[ignore = "needs DOCKMOD_REGISTRY"]
fn a_private_repository_wants_a_login() {
    let realm = tokens::start(&setting("DOCKMOD_REGISTRY_REALM"), Path::new(&setting("DOCKMOD_REGISTRY_KEYS")));
    for variable in ["DOCKMOD_REGISTRY_LOGIN", "DOCKMOD_REGISTRY_TOKEN"] {
        let host = setting(variable);
        let folder = tempfile::tempdir().expect("a folder");
        let layout = Layout::new(folder.path().join("layout"), BOTH, "secret");
        layout.push(&format!("{host}/private/a:1"), "oci", Some("reader:open sesame"));
        layout.push(&format!("{host}/public/a:1"), "oci", Some("reader:open sesame"));
        let source = format!("FROM {host}/private/a:1\nFROM {host}/public/a:1\n");

        let with = Repository::new("").with_login(&host, "reader:open sesame");
        with.write("Dockerfile", &source);
        let ran = with.run(&["pin"]);
        assert_eq!(ran.status, 0, "{variable}: {}", ran.stderr);
        assert_eq!(with.read("Dockerfile").matches("@sha256:").count(), 2, "{variable}");
        assert_secret(&ran, &with);

        let without = Repository::new("");
        without.write("Dockerfile", &source);
        let ran = without.run(&["pin"]);
        assert_eq!(ran.status, 2, "{variable}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("refuses access") && ran.stderr.contains("no login for it was found"),
            "{}",
            ran.stderr
        );
        // Only the service of tokens knows anybody's rights.
        let anonymous = usize::from(variable == "DOCKMOD_REGISTRY_TOKEN");
        assert_eq!(without.read("Dockerfile").matches("@sha256:").count(), anonymous, "{variable}: {}", ran.stderr);

        let wrong = Repository::new("").with_login(&host, "reader:open sesame seed");
        wrong.write("Dockerfile", &source);
        let ran = wrong.run(&["pin"]);
        assert_eq!((ran.status, wrong.read("Dockerfile")), (2, source), "{variable}: {}", ran.stderr);
        assert!(ran.stderr.contains("refuses access") && !ran.stderr.contains("no login"), "{}", ran.stderr);
        assert_secret(&ran, &wrong);
    }
    assert!(!realm.seen().is_empty());
}
