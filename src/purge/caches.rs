//! The requests that caches understand.

use crate::config::{Purge, PurgeKind};
use anyhow::{Context, bail};
use futures_util::future::join_all;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Url};
use std::time::Duration;

/// How long a cache may take to forget.
const PATIENCE: Duration = Duration::from_secs(3);
/// Keys in one request: caches take header lines of 8 KiB.
const KEYS: usize = 100;

/// Has all caches forget what has one of the keys.
///
/// # Errors
/// Names the caches that did not; the others have.
pub async fn forget(settings: &Purge, keys: &[String]) -> anyhow::Result<()> {
    // A purge goes where the settings say and nowhere else.
    let client = Client::builder().timeout(PATIENCE).redirect(Policy::none()).no_proxy().build()?;
    let outcomes = join_all(settings.urls.iter().map(|url| tell(&client, settings, url, keys))).await;
    let failed: Vec<String> = outcomes.into_iter().filter_map(|outcome| Some(format!("{:#}", outcome.err()?))).collect();
    if !failed.is_empty() {
        bail!("caches could not be purged: {}", failed.join("; "));
    }
    Ok(())
}

async fn tell(client: &Client, settings: &Purge, url: &str, keys: &[String]) -> anyhow::Result<()> {
    let url: Url = url.parse()?;
    let named = || url.host_str().unwrap_or_default().to_owned();
    let (method, name) = match settings.kind {
        PurgeKind::Xkey => (Method::from_bytes(b"PURGE")?, "xkey-purge"),
        PurgeKind::Http => (Method::POST, "surrogate-key"),
    };
    for keys in keys.chunks(KEYS) {
        let mut headers = HeaderMap::from_iter([(CONTENT_LENGTH, HeaderValue::from_static("0"))]);
        headers.insert(HeaderName::from_static(name), keys.join(" ").parse()?);
        if let Some((name, value)) = settings.header() {
            let mut value: HeaderValue = value.parse()?;
            value.set_sensitive(true);
            headers.insert(HeaderName::try_from(name)?, value);
        }
        let sent = client.request(method.clone(), url.clone()).headers(headers).send().await;
        let answer = sent.map_err(reqwest::Error::without_url).with_context(named)?;
        if !answer.status().is_success() {
            bail!("{} answers {}", named(), answer.status());
        }
    }
    Ok(())
}
