//! Key files of the data directory: made at the first start, readable by their owner alone, never in the database.

use anyhow::{Context, bail, ensure};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The keys of this house.
#[derive(Clone)]
pub struct Secrets {
    /// Ed25519 keys that sign access tokens: the newest first, which signs; the others still verify.
    pub signing: Vec<SigningKey>,
    /// Derives refresh tokens from their predecessors.
    pub refresh: MacKey,
    /// Fingerprints API keys.
    pub api_keys: MacKey,
}

/// An Ed25519 key pair.
#[derive(Clone)]
pub struct SigningKey {
    pub kid: String,
    /// PKCS#8, version 1.
    pub pkcs8: Vec<u8>,
    /// 32 bytes.
    pub public: Vec<u8>,
}

/// A key of 256 bits for HMAC-SHA-256.
#[derive(Clone)]
pub struct MacKey([u8; 32]);

impl MacKey {
    #[must_use]
    pub fn of(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// HMAC-SHA-256 over the parts, each with its length before it.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// `N` bytes that nobody can guess.
///
/// # Errors
/// When the system has no randomness to give.
pub fn random<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| std::io::Error::other("no randomness"))?;
    Ok(bytes)
}

/// `N` random bytes as base64url without padding.
///
/// # Errors
/// When the system has no randomness to give.
pub fn random_text<const N: usize>() -> std::io::Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random::<N>()?))
}

impl Secrets {
    /// Reads the keys under `data/keys`; makes those that are missing.
    ///
    /// # Errors
    /// When a file cannot be read or made, is damaged, or `strict` and others may read it.
    pub fn open(data: &Path, strict: bool) -> anyhow::Result<Self> {
        let folder = data.join("keys");
        make_folder(&folder)?;
        let mut names: Vec<PathBuf> =
            fs::read_dir(&folder)?.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|e| e == "ed25519")).collect();
        names.sort();
        names.reverse();
        if names.is_empty() {
            names.push(Self::add_signing_key(data, 0)?);
        }
        let signing = names.iter().map(|path| SigningKey::read(path, strict)).collect::<anyhow::Result<_>>()?;
        Ok(Self {
            signing,
            refresh: MacKey(read_or_make(&folder.join("refresh.key"), strict)?),
            api_keys: MacKey(read_or_make(&folder.join("api-keys.key"), strict)?),
        })
    }

    /// Keys of no folder, for tests.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn ephemeral() -> anyhow::Result<Self> {
        Ok(Self { signing: vec![SigningKey::generate()?], refresh: MacKey(random()?), api_keys: MacKey(random()?) })
    }

    /// Makes a further signing key, which signs from the next start on. `at`: seconds since 1970; files sort by it.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn add_signing_key(data: &Path, at: i64) -> anyhow::Result<PathBuf> {
        make_folder(&data.join("keys"))?;
        let key = SigningKey::generate()?;
        let path = data.join("keys").join(format!("{at:012}-{}.ed25519", key.kid));
        write_private(&path, &key.pkcs8)?;
        Ok(path)
    }
}

impl SigningKey {
    fn generate() -> anyhow::Result<Self> {
        let pair = Ed25519KeyPair::generate().map_err(|_| anyhow::anyhow!("no key pair could be made"))?;
        let document: aws_lc_rs::encoding::Pkcs8V1Der = pair.as_der().map_err(|_| anyhow::anyhow!("the key pair has no PKCS#8 form"))?;
        Self::of(document.as_ref().to_vec())
    }

    /// Ed25519 over the message: 64 bytes.
    ///
    /// # Errors
    /// When the key is damaged.
    pub fn sign(&self, message: &[u8]) -> anyhow::Result<Vec<u8>> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&self.pkcs8).map_err(|_| anyhow::anyhow!("not an Ed25519 key"))?;
        Ok(pair.sign(message).as_ref().to_vec())
    }

    /// Whether this key signed the message.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public).verify(message, signature).is_ok()
    }

    fn read(path: &Path, strict: bool) -> anyhow::Result<Self> {
        check_private(path, strict)?;
        let key = Self::of(fs::read(path)?).with_context(|| format!("{} is damaged", path.display()))?;
        let named = path.file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| stem.ends_with(&key.kid));
        ensure!(named, "{} does not hold the key that it names", path.display());
        Ok(key)
    }

    fn of(pkcs8: Vec<u8>) -> anyhow::Result<Self> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8).map_err(|_| anyhow::anyhow!("not an Ed25519 key"))?;
        let public = pair.public_key().as_ref().to_vec();
        // RFC 7638: the thumbprint of the public key names it.
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, URL_SAFE_NO_PAD.encode(&public));
        Ok(Self { kid: URL_SAFE_NO_PAD.encode(sha256(jwk.as_bytes())), pkcs8, public })
    }
}

fn read_or_make(path: &Path, strict: bool) -> anyhow::Result<[u8; 32]> {
    if !path.exists() {
        write_private(path, &random::<32>()?)?;
    }
    check_private(path, strict)?;
    let bytes = fs::read(path)?;
    bytes.try_into().map_err(|_| anyhow::anyhow!("{} must hold 32 bytes", path.display()))
}

/// Writes a file that only its owner may read, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let part = path.with_extension("part");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&part).with_context(|| format!("cannot write {}", part.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    Ok(())
}

/// Makes an empty file that only its owner may read, where there is none.
///
/// # Errors
/// When it cannot be made.
pub fn touch_private(path: &Path) -> anyhow::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).with_context(|| format!("cannot make {}", path.display()))?;
    Ok(())
}

/// Makes a folder that only its owner may enter.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(path: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| format!("cannot make the folder {}", path.display()))
}

fn check_private(path: &Path, strict: bool) -> anyhow::Result<()> {
    #[cfg(unix)]
    if strict {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path)?.permissions().mode();
        if mode & 0o077 != 0 {
            bail!("{} may be read by others (mode {:o}): chmod 600 it, or make a new key", path.display(), mode & 0o777);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let first = Secrets::open(folder.path(), true).unwrap();
        let again = Secrets::open(folder.path(), true).unwrap();
        assert_eq!(first.signing[0].kid, again.signing[0].kid);
        assert_eq!(first.refresh.mac(&[b"a"]), again.refresh.mac(&[b"a"]));
        assert_ne!(first.refresh.mac(&[b"a", b"b"]), first.refresh.mac(&[b"ab"]));
        Secrets::add_signing_key(folder.path(), 1_800_000_000).unwrap();
        let rotated = Secrets::open(folder.path(), true).unwrap();
        assert_eq!(rotated.signing.len(), 2);
        assert_eq!(rotated.signing[1].kid, first.signing[0].kid);
    }

    #[cfg(unix)]
    #[test]
    fn keys_that_others_may_read_are_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        drop(Secrets::open(folder.path(), true).unwrap());
        let path = folder.path().join("keys/refresh.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Secrets::open(folder.path(), true).is_err());
        assert!(Secrets::open(folder.path(), false).is_ok());
    }
}
