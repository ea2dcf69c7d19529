//! Content digests.

use std::fmt;

use sha2::{Digest as _, Sha256, Sha512};

/// A digest, its hexadecimal digits in lower case: `sha256:…` or `sha512:…`.
///
/// Source: OCI image specification, `descriptor.md`, "Digests".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// Reads a digest; `None` where it is of no known algorithm or not as long as that one's.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (algorithm, digits) = text.split_once(':')?;
        let length = match algorithm {
            "sha256" => 64,
            "sha512" => 128,
            _ => return None,
        };
        let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        (digits.len() == length && digits.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    /// The SHA-256 digest of `content`.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        Self(format!("sha256:{}", hexadecimal(&Sha256::digest(content))))
    }

    /// Whether `content` has this digest, by the digest's own algorithm.
    #[must_use]
    pub fn is_of(&self, content: &[u8]) -> bool {
        match self.0.split_once(':') {
            Some(("sha512", digits)) => hexadecimal(&Sha512::digest(content)) == digits,
            _ => *self == Self::of(content),
        }
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its algorithm and first digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        let digits = self.0.find(':').map_or(0, |colon| colon + 1);
        &self.0[..digits + 12]
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_as_registries_write_them() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").as_str(), empty);
        assert_eq!(Digest::read(empty).map(|digest| digest.short().to_owned()).as_deref(), Some("sha256:e3b0c44298fc"));
        assert!(Digest::read(empty).is_some_and(|digest| digest.is_of(b"") && !digest.is_of(b"x")));
        for wrong in ["sha256:e3b0", "e3b0c442", "sha256:", &empty.to_uppercase(), &empty.replace("sha256", "md5"), ""]
        {
            assert_eq!(Digest::read(wrong), None, "{wrong}");
        }
        let long = format!("sha512:{}", hexadecimal(&Sha512::digest(b"x")));
        assert!(Digest::read(&long).is_some_and(|digest| digest.is_of(b"x") && !digest.is_of(b"")));
    }
}
