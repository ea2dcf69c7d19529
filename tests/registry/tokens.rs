//! A service that gives tokens, as distribution's `spec/auth/token.md` has it: anybody may pull what is public, `reader`
//! may do all.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::server::{Reply, Request, Server};

/// Starts the service at its address, with the key and the certificate of a folder.
pub fn start(address: &str, keys: &Path) -> Server {
    let keys = keys.to_path_buf();
    let certificate = openssl(&["x509", "-in", &shown(&keys, "cert.pem"), "-outform", "DER"], b"");
    Server::at(address, move |request| answer(request, &keys, &certificate))
}

fn answer(request: &Request, keys: &Path, certificate: &[u8]) -> Reply {
    let login = format!("Basic {}", STANDARD.encode("reader:open sesame"));
    let logged_in = match request.header("authorization") {
        None => false,
        Some(said) if said == login => true,
        Some(_) => return Reply::new(401, r#"{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}"#),
    };
    let query = request.path.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let scopes = query.split('&').filter_map(|pair| pair.strip_prefix("scope="));
    let access: Vec<String> = scopes
        .filter_map(|scope| granted(&scope.replace("%3A", ":").replace("%2F", "/").replace("%2C", ","), logged_in))
        .collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let header = format!(r#"{{"typ":"JWT","alg":"RS256","x5c":["{}"]}}"#, STANDARD.encode(certificate));
    let claims = format!(
        r#"{{"iss":"dockmod-tests","sub":"","aud":"dockmod-tests","exp":{},"nbf":{},"iat":{now},"jti":"1","access":[{}]}}"#,
        now + 300,
        now - 10,
        access.join(",")
    );
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = openssl(&["dgst", "-sha256", "-sign", &shown(keys, "key.pem")], text.as_bytes());
    Reply::new(200, format!(r#"{{"token":"{text}.{}","expires_in":300}}"#, URL_SAFE_NO_PAD.encode(signature)))
        .with("Content-Type", "application/json")
}

/// What of `repository:NAME:ACTIONS` is granted.
fn granted(scope: &str, logged_in: bool) -> Option<String> {
    let mut parts = scope.split(':');
    let (Some("repository"), Some(name), Some(actions)) = (parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let actions: Vec<String> = actions
        .split(',')
        .filter(|action| logged_in || (*action == "pull" && name.starts_with("public/")))
        .map(|action| format!("{action:?}"))
        .collect();
    Some(format!(r#"{{"type":"repository","name":"{name}","actions":[{}]}}"#, actions.join(",")))
}

fn shown(keys: &Path, name: &str) -> String {
    keys.join(name).display().to_string()
}

fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child =
        Command::new("openssl").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("openssl");
    child.stdin.take().expect("a pipe").write_all(input).expect("openssl reads");
    let output = child.wait_with_output().expect("openssl ends");
    assert!(output.status.success(), "openssl {arguments:?}");
    output.stdout
}
