//! The client of registries against one that does everything wrong.
#![cfg(feature = "registry")]
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may panic and touches files"
)]

#[path = "registry/server.rs"]
mod server;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dockmod::registry::client::{Client, Patience};
use dockmod::registry::{Digest, Reference, Registries, Registry, RegistryError, Resolved, Source as _};
use server::{Reply, Request, Server};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn index() -> Vec<u8> {
    let entry = |architecture: &str| {
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{}","size":2,"platform":{{"os":"linux","architecture":"{architecture}"}}}}"#,
            Digest::of(architecture.as_bytes())
        )
    };
    format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{},{}]}}"#, entry("amd64"), entry("arm64"))
        .into_bytes()
}

fn good() -> Reply {
    let body = index();
    let digest = Digest::of(&body);
    Reply::new(200, body).with("Content-Type", INDEX).with("Docker-Content-Digest", digest.as_str())
}

const PATIENCE: Patience = Patience {
    answer: Duration::from_secs(2),
    between: Duration::from_secs(5),
    tries: 4,
    first: Duration::from_millis(10),
};

fn client(servers: &[&Server]) -> Client {
    let registry = Registry { plain_http: true, ..Registry::default() };
    let registries = servers.iter().map(|server| (server.host(), registry.clone()));
    Client::new(Registries(registries.collect()), PATIENCE).expect("a client")
}

fn image(server: &Server) -> Reference {
    Reference::read(&format!("{}/a:1", server.host())).expect("a reference")
}

/// Asks a registry that answers like this, and says how long that took.
fn asked(
    answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> (Result<Resolved, RegistryError>, Server, Duration) {
    let server = Server::start(answer);
    let started = Instant::now();
    let result = client(&[&server]).resolve(&image(&server));
    (result, server, started.elapsed())
}

/// Answers wrongly so many times, then rightly.
fn at_first(
    times: usize,
    wrong: impl Fn() -> Reply + Send + Sync + 'static,
) -> impl Fn(&Request) -> Reply + Send + Sync {
    let count = AtomicUsize::new(0);
    move |_| if count.fetch_add(1, Ordering::SeqCst) < times { wrong() } else { good() }
}

#[test]
fn a_good_answer_is_taken() {
    let (result, server, _) = asked(|_| good());
    let resolved = result.expect("an answer");
    assert_eq!(resolved.digest, Digest::of(&index()));
    assert_eq!(resolved.platforms.iter().map(ToString::to_string).collect::<Vec<_>>(), ["linux/amd64", "linux/arm64"]);
    assert_eq!(server.seen().len(), 1);
    assert!(server.seen()[0].header("accept").is_some_and(|accept| accept.contains(INDEX)));
}

#[test]
fn it_waits_as_long_as_it_is_told_to() {
    let limited =
        || Reply::new(429, r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}"#).with("Retry-After", "1");
    let (result, server, took) = asked(at_first(1, limited));
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(server.seen().len(), 2);
    assert!(took >= Duration::from_millis(950) && took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn it_does_not_wait_for_ever() {
    let limited = || Reply::new(429, r#"{"errors":[{"message":"slow down"}]}"#).with("Retry-After", "3600");
    let (result, server, took) = asked(at_first(9, limited));
    let error = result.expect_err("a refusal");
    assert!(matches!(error, RegistryError::Limited { .. }), "{error}");
    assert!(error.to_string().contains("slow down; it asks to wait 3600 s"), "{error}");
    assert_eq!((server.seen().len(), took < Duration::from_secs(2)), (1, true));
    let date = || Reply::new(429, "").with("Retry-After", "Wed, 21 Oct 2099 07:28:00 GMT");
    assert!(matches!(asked(at_first(9, date)).0, Err(RegistryError::Limited { retry_after: Some(_), .. })));
}

#[test]
fn a_failing_registry_is_asked_again_and_then_told_of() {
    let (result, server, _) = asked(at_first(3, || Reply::new(500, "<html>")));
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(server.seen().len(), 4);
    let (result, server, _) = asked(|_| Reply::new(503, r#"{"errors":[{"message":"down for today"}]}"#));
    let error = result.expect_err("a refusal").to_string();
    assert!(error.contains("503") && error.contains("down for today"), "{error}");
    assert_eq!(server.seen().len(), 4);
}

#[test]
fn what_is_not_there_is_asked_for_once() {
    let (result, server, _) =
        asked(|_| Reply::new(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#));
    let error = result.expect_err("a refusal");
    assert!(matches!(&error, RegistryError::Unknown { words, .. } if words == "manifest unknown"), "{error}");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn slow_and_endless_answers_end() {
    let slow = || Reply { pause: Duration::from_secs(30), ..good() };
    let (result, _, took) = asked(move |_| slow());
    assert!(matches!(result, Err(RegistryError::Unreachable { .. })), "{result:?}");
    assert!(took < Duration::from_secs(15), "{took:?}");
    let endless = || Reply { body: vec![b' '; 65536], endless: true, ..good() };
    let (result, _, took) = asked(move |_| endless());
    assert!(result.is_err(), "{result:?}");
    assert!(took < Duration::from_secs(15), "{took:?}");
}

#[test]
fn a_long_answer_is_nonsense() {
    let (result, ..) = asked(|_| Reply { body: vec![b' '; 5 * 1024 * 1024], headers: Vec::new(), ..good() });
    assert!(matches!(&result, Err(RegistryError::Nonsense(what)) if what.contains("more than")), "{result:?}");
}

#[test]
fn nonsense_is_told() {
    let truncated = |body: &[u8]| Reply::new(200, body[..body.len() / 2].to_vec()).with("Content-Type", INDEX);
    let body = index();
    let (result, ..) = asked(move |_| truncated(&body));
    assert!(matches!(&result, Err(RegistryError::Nonsense(what)) if what.contains("no JSON")), "{result:?}");
    let (result, ..) = asked(|_| Reply::new(200, "<html>sign in</html>").with("Content-Type", "text/html"));
    assert!(matches!(&result, Err(RegistryError::Nonsense(_))), "{result:?}");
    let (result, ..) = asked(|_| Reply { length: Some(100_000), ..good() });
    assert!(matches!(&result, Err(RegistryError::Unreachable { .. })), "a body that ends too early: {result:?}");
    let (result, ..) = asked(|_| Reply::new(200, r#"{"schemaVersion":1}"#));
    assert_eq!(result, Err(RegistryError::OldManifest));
}

#[test]
fn a_wrong_digest_is_never_taken() {
    let wrong = Digest::of(b"another");
    let said = wrong.clone();
    let lies = move |_: &Request| {
        Reply::new(200, index()).with("Content-Type", INDEX).with("Docker-Content-Digest", said.as_str())
    };
    let server = Server::start(lies);
    let client = client(&[&server]);
    assert!(matches!(client.resolve(&image(&server)), Err(RegistryError::WrongDigest { .. })));
    // By its digest the content must be the one that was asked for, whatever the header says.
    let by_digest = image(&server).with_digest(Digest::of(b"a third"));
    assert!(matches!(client.resolve(&by_digest), Err(RegistryError::WrongDigest { .. })));
    assert!(client.digest(&by_digest).is_err());
    let (result, ..) =
        asked(|_| Reply::new(200, index()).with("Content-Type", INDEX).with("Docker-Content-Digest", "sha256:1"));
    assert!(matches!(result, Err(RegistryError::Nonsense(_))), "{result:?}");
    let (result, ..) = asked(|_| Reply::new(200, index()).with("Content-Type", INDEX));
    assert_eq!(result.map(|resolved| resolved.digest), Ok(Digest::of(&index())), "a header is not needed");
}

#[test]
fn a_login_does_not_follow_a_redirect() {
    let elsewhere = Server::start(|_| good());
    let to = format!("http://{}/v2/a/manifests/1", elsewhere.host());
    let realm = Server::start(|_| Reply::new(200, r#"{"token":"a-secret-token"}"#));
    let challenge = format!(r#"Bearer realm="http://{}/token",service="s",scope="repository:a:pull""#, realm.host());
    let server = Server::start(move |request| {
        if request.header("authorization").is_some() {
            Reply::new(307, "").with("Location", &*to)
        } else {
            Reply::new(401, "").with("WWW-Authenticate", &*challenge)
        }
    });
    let result = client(&[&server]).resolve(&image(&server));
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(server.seen()[1].header("authorization"), Some("Bearer a-secret-token"));
    assert_eq!(elsewhere.seen()[0].header("authorization"), None);
    assert!(realm.seen()[0].path.contains("scope=repository:a:pull") && realm.seen()[0].path.contains("service=s"));
}

#[test]
fn redirects_end() {
    let server = Server::start(|request| Reply::new(302, "").with("Location", &*request.path));
    let result = client(&[&server]).resolve(&image(&server));
    assert!(matches!(result, Err(RegistryError::Unreachable { .. })), "{result:?}");
}

#[test]
fn a_token_that_is_none_is_told() {
    for body in ["", "{}", r#"{"token":""}"#, r#"{"token":"a\r\nX: y"}"#, "<html>"] {
        let realm = Server::start(move |_| Reply::new(200, body));
        let challenge = format!(r#"Bearer realm="http://{}/t""#, realm.host());
        let server = Server::start(move |_| Reply::new(401, "").with("WWW-Authenticate", &*challenge));
        let result = client(&[&server]).resolve(&image(&server));
        assert!(matches!(result, Err(RegistryError::Nonsense(_))), "{body}: {result:?}");
    }
    let (result, server, _) = asked(|_| Reply::new(401, r#"{"errors":[{"message":"who are you"}]}"#));
    assert!(matches!(&result, Err(RegistryError::Denied { words, with_login: false, .. }) if words == "who are you"));
    assert_eq!(server.seen().len(), 1, "without a challenge there is nothing to answer");
}

#[test]
fn secrets_are_taken_out_of_the_registrys_words() {
    let realm = Server::start(|_| Reply::new(200, r#"{"token":"a-secret-token"}"#));
    let challenge = format!(r#"Bearer realm="http://{}/t""#, realm.host());
    let server = Server::start(move |request| match request.header("authorization") {
        Some(said) => Reply::new(403, format!(r#"{{"errors":[{{"message":"no use: {said}"}}]}}"#)),
        None => Reply::new(401, "").with("WWW-Authenticate", &*challenge),
    });
    let error = client(&[&server]).resolve(&image(&server)).expect_err("a refusal").to_string();
    assert!(error.contains("no use: Bearer …") && !error.contains("secret"), "{error}");
}

#[test]
fn pages_of_tags_are_followed_on_their_host_only() {
    let server = Server::start(|request| match request.path.as_str() {
        "/v2/a/tags/list?n=1000" => {
            Reply::new(200, r#"{"tags":["1","2"]}"#).with("Link", r#"</v2/a/tags/list?last=2&n=1000>; rel="next""#)
        }
        "/v2/a/tags/list?last=2&n=1000" => Reply::new(200, r#"{"tags":["3"]}"#),
        _ => Reply::new(404, ""),
    });
    assert_eq!(
        client(&[&server]).tags(&image(&server).repository),
        Ok(vec!["1".to_owned(), "2".to_owned(), "3".to_owned()])
    );
    let same = |request: &Request| {
        Reply::new(200, r#"{"tags":["1"]}"#).with("Link", format!("<{}>; rel=\"next\"", request.path))
    };
    let circle = Server::start(same);
    assert!(matches!(client(&[&circle]).tags(&image(&circle).repository), Err(RegistryError::Nonsense(_))));
    let away = Server::start(|_| {
        Reply::new(200, r#"{"tags":["1"]}"#).with("Link", r#"<http://127.0.0.1:1/v2/a>; rel="next""#)
    });
    assert!(matches!(client(&[&away]).tags(&image(&away).repository), Err(RegistryError::Nonsense(_))));
}

#[test]
fn a_host_gets_so_many_requests_at_once() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, peak) = (Arc::clone(&running), Arc::clone(&most));
    let server = Server::start(move |_| {
        peak.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(30));
        counted.fetch_sub(1, Ordering::SeqCst);
        good()
    });
    let registry = Registry { plain_http: true, concurrent: Some(3), ..Registry::default() };
    let client = Client::new(Registries([(server.host(), registry)].into()), PATIENCE).expect("a client");
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| client.resolve(&image(&server)).expect("an answer"));
        }
    });
    assert_eq!((server.seen().len(), most.load(Ordering::SeqCst)), (16, 3));
    assert_eq!(client.requests(), 16);
}

#[test]
fn mirrors_are_asked_first_and_the_registry_where_they_fail() {
    let registry = Server::start(|_| good());
    let mirror = Server::start(|_| Reply::new(404, ""));
    let place = dockmod::registry::Location::read(&format!("{}/hub", mirror.host())).expect("a place");
    let plain = Registry { plain_http: true, ..Registry::default() };
    let with_mirror = Registry { mirrors: vec![place], ..plain.clone() };
    let registries = [(registry.host(), with_mirror), (mirror.host(), plain)];
    let client = Client::new(Registries(registries.into()), PATIENCE).expect("a client");
    assert!(client.resolve(&image(&registry)).is_ok());
    assert_eq!(mirror.seen()[0].path, "/v2/hub/a/manifests/1");
    assert_eq!(registry.seen()[0].path, "/v2/a/manifests/1");
}

#[test]
fn limits_are_told_and_plain_http_must_be_named() {
    let server =
        Server::start(|_| good().with("RateLimit-Limit", "100;w=21600").with("RateLimit-Remaining", "97;w=21600"));
    let asker = client(&[&server]);
    asker.resolve(&image(&server)).expect("an answer");
    let limits = asker.limits();
    assert_eq!((limits[0].1.limit, limits[0].1.remaining), (100, 97));
    let strict = Client::new(Registries::default(), Patience { tries: 1, ..PATIENCE }).expect("a client");
    assert!(matches!(strict.resolve(&image(&server)), Err(RegistryError::Unreachable { .. })));
    assert_eq!(server.seen().len(), 1, "nothing was asked without TLS");
}

/// The whole program over Dockerfiles, with a folder of Docker's settings and further variables.
struct Whole {
    folder: tempfile::TempDir,
}

impl Whole {
    fn new(server: &Server, dockerfile: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("Dockerfile"), dockerfile.replace("HOST", &server.host())).unwrap();
        let configuration = format!("registries: {{\"{}\": {{plain-http: true}}}}\n", server.host());
        std::fs::write(folder.path().join("dockmod.yaml"), configuration).unwrap();
        Self { folder }
    }

    fn run(&self, variables: &[(&str, &str)]) -> (i32, String) {
        self.dockmod(&["pin", "."], variables)
    }

    fn dockmod(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockmod"));
        command.args(arguments).current_dir(self.folder.path());
        for name in
            ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "no_proxy", "NO_PROXY"]
        {
            command.env_remove(name);
        }
        for name in ["HOME", "DOCKER_CONFIG", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"] {
            command.env(name, self.folder.path().join("nowhere"));
        }
        let output =
            command.env_remove("REGISTRY_AUTH_FILE").envs(variables.iter().copied()).output().expect("it runs");
        let all = [output.stdout, output.stderr].concat();
        (output.status.code().expect("a status"), String::from_utf8_lossy(&all).into_owned())
    }

    fn dockerfile(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("Dockerfile")).unwrap()
    }
}

/// One image fails, the other is pinned, the status is 2.
#[test]
fn the_others_go_on() {
    let server =
        Server::start(|request| if request.path.contains("/broken/") { Reply::new(200, "<html>") } else { good() });
    let whole = Whole::new(&server, "FROM HOST/a:1 AS a\nFROM HOST/broken:1\n");
    let (status, output) = whole.run(&[]);
    let (host, digest) = (server.host(), Digest::of(&index()));
    assert_eq!(status, 2, "{output}");
    let error = format!("error: ./Dockerfile:2: {host}/broken:1: the registry sends a manifest that is no JSON");
    assert!(output.contains(&error), "{output}");
    assert_eq!(whole.dockerfile(), format!("FROM {host}/a:1@{digest} AS a\nFROM {host}/broken:1\n"));
    let lock = std::fs::read_to_string(whole.folder.path().join("dockmod.lock")).unwrap();
    assert!(lock.contains(digest.as_str()) && !lock.contains("broken"), "{lock}");
}

/// What it would build is what a run with the same arguments would write.
#[test]
fn verify_asks_for_images_too() {
    let server =
        Server::start(|request| if request.path.contains("/broken/") { Reply::new(200, "<html>") } else { good() });
    let verify = ["verify", "--select", "pin-digest", "."];
    let whole = Whole::new(&server, "FROM HOST/a:1\n");
    let (status, output) = whole.dockmod(&verify, &[("PATH", "/nowhere")]);
    assert_eq!((status, server.seen().len()), (2, 1), "{output}");
    assert!(output.contains("engine") && !output.contains("nothing to build"), "{output}");
    let whole = Whole::new(&server, "FROM HOST/broken:1\n");
    let (status, output) = whole.dockmod(&verify, &[("PATH", "/nowhere")]);
    assert_eq!(status, 2, "{output}");
    assert!(output.contains("broken:1: the registry sends a manifest that is no JSON"), "{output}");
    assert!(output.contains("nothing to build"), "{output}");
}

/// However many files a run has: they are worked on in several batches.
#[test]
fn each_image_of_a_large_tree_is_asked_for_once() {
    let server =
        Server::start(|request| if request.path.contains("/broken/") { Reply::new(200, "<html>") } else { good() });
    let whole = Whole::new(&server, "FROM HOST/a:1\n");
    for number in 0..1200 {
        let folder = whole.folder.path().join(number.to_string());
        std::fs::create_dir(&folder).unwrap();
        let image = if number % 2 == 0 { "broken:1" } else { "a:latest" };
        std::fs::write(folder.join("Dockerfile"), format!("FROM {}/{image}\n", server.host())).unwrap();
    }
    let (status, output) = whole.dockmod(&["--check", "-q", "--select", "pin-digest,pin-tag"], &[]);
    assert_eq!(status, 2, "{output}");
    let errors: Vec<&str> = output.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors.len(), 1, "{output}");
    assert!(errors[0].starts_with("error: 0/Dockerfile:1 (and 599 more):"), "{output}");
    let mut asked: Vec<String> =
        server.seen().into_iter().map(|request| format!("{} {}", request.method, request.path)).collect();
    let requests = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), requests, "{asked:?}");
    assert!(requests >= 3, "{asked:?}");
}

/// A registry that wants a token, and a service that gives one for what `wanted` says of its request.
fn guarded(wanted: impl Fn(&Request) -> bool + Send + Sync + 'static) -> (Server, Server) {
    let realm = Server::start(move |request| {
        if wanted(request) { Reply::new(200, r#"{"access_token":"granted"}"#) } else { Reply::new(401, "") }
    });
    let challenge = format!(r#"Bearer realm="http://{}/token",service="s""#, realm.host());
    let server = Server::start(move |request| {
        if request.header("authorization") == Some("Bearer granted") {
            good()
        } else {
            Reply::new(401, "").with("WWW-Authenticate", &*challenge)
        }
    });
    (server, realm)
}

#[test]
fn an_identity_token_is_traded_for_another() {
    let (server, realm) = guarded(|request| {
        request.method == "POST"
            && request.body.contains("refresh_token=an%20identity")
            && request.body.contains("scope=repository:a:pull")
    });
    let whole = Whole::new(&server, "FROM HOST/a:1\n");
    let settings = tempfile::tempdir().expect("a folder");
    let text = format!(r#"{{"auths":{{"{}":{{"identitytoken":"an identity"}}}}}}"#, server.host());
    std::fs::write(settings.path().join("config.json"), text).unwrap();
    let (status, output) = whole.run(&[("DOCKER_CONFIG", &settings.path().display().to_string())]);
    assert_eq!(status, 0, "{output}");
    assert!(realm.seen()[0].header("authorization").is_none() && !output.contains("identity"), "{output}");
}

/// `reader:open sesame` in base64.
const BASIC: &str = "Basic cmVhZGVyOm9wZW4gc2VzYW1l";

#[test]
fn logins_come_from_podmans_file_too() {
    let (server, _realm) = guarded(|request| request.header("authorization") == Some(BASIC));
    let whole = Whole::new(&server, "FROM HOST/a:1\n");
    let file = whole.folder.path().join("auth.json");
    let text = format!(r#"{{"auths":{{"{}":{{"auth":"cmVhZGVyOm9wZW4gc2VzYW1l"}}}}}}"#, server.host());
    std::fs::write(&file, text).unwrap();
    assert_eq!(whole.run(&[]).0, 2, "without it");
    let (status, output) = whole.run(&[("REGISTRY_AUTH_FILE", &file.display().to_string())]);
    assert_eq!(status, 0, "{output}");
}

#[cfg(unix)]
#[test]
fn credential_helpers_are_asked_and_not_quoted() {
    use std::os::unix::fs::PermissionsExt as _;
    let (server, _realm) = guarded(|request| request.header("authorization") == Some(BASIC));
    let whole = Whole::new(&server, "FROM HOST/a:1\n");
    let bin = tempfile::tempdir().expect("a folder");
    let path = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap_or_default());
    let settings = bin.path().display().to_string();
    let helpers = format!(r#"{{"credHelpers":{{"{}":"of-the-tests"}}}}"#, server.host());
    std::fs::write(bin.path().join("config.json"), helpers).unwrap();
    let helper = bin.path().join("docker-credential-of-the-tests");
    let install = |script: &str| {
        std::fs::write(&helper, format!("#!/bin/sh\nread host\n{script}\n")).unwrap();
        std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let variables = [("PATH", path.as_str()), ("DOCKER_CONFIG", settings.as_str())];
    install(r#"echo '{"ServerURL":"x","Username":"reader","Secret":"open sesame"}'"#);
    let (status, output) = whole.run(&variables);
    assert_eq!(status, 0, "{output}");
    std::fs::remove_file(whole.folder.path().join("dockmod.lock")).unwrap();
    std::fs::write(whole.folder.path().join("Dockerfile"), format!("FROM {}/a:1\n", server.host())).unwrap();
    install("echo 'open sesame'; exit 1");
    let (status, output) = whole.run(&variables);
    assert!(
        status == 2 && output.contains("`docker-credential-of-the-tests` failed") && !output.contains("sesame"),
        "{output}"
    );
    install("echo 'credentials not found in native keychain'; exit 1");
    let (status, output) = whole.run(&variables);
    assert!(status == 2 && output.contains("no login for it was found"), "{output}");
}

#[test]
fn a_proxy_of_the_environment_is_used() {
    let server = Server::start(|_| good());
    // It answers in the place of the registry.
    let proxy = Server::start(|request| if request.method == "CONNECT" { Reply::new(502, "") } else { good() });
    let whole = Whole::new(&server, "FROM HOST/a:1\n");
    let address = format!("http://{}", proxy.host());
    whole.run(&[("HTTP_PROXY", address.as_str()), ("http_proxy", address.as_str()), ("ALL_PROXY", address.as_str())]);
    assert!(!proxy.seen().is_empty() && server.seen().is_empty(), "{:?}", proxy.seen());
    whole.run(&[("ALL_PROXY", address.as_str()), ("NO_PROXY", "127.0.0.1")]);
    assert!(!server.seen().is_empty());
}

#[test]
fn a_file_of_certificates_that_is_not_there_is_told() {
    let server = Server::start(|_| good());
    let whole = Whole::new(&server, "FROM HOST/a:1\n");
    let configuration = format!("registries: {{\"{}\": {{ca-file: none.pem}}}}\n", server.host());
    std::fs::write(whole.folder.path().join("dockmod.yaml"), configuration).unwrap();
    let (status, output) = whole.run(&[]);
    assert!(status == 2 && output.contains("none.pem: it can't be read"), "{output}");
    assert!(server.seen().is_empty() && !whole.dockerfile().contains('@'));
}
