//! An editor at work, by HTTP.

use crate::http::Client;
use crate::writes::sign_in_at;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::net::SocketAddr;

/// Signed in, for some minutes.
pub struct Editor {
    client: Client,
    authorization: String,
}

/// A text that was written, at its address, as its ETag names it.
pub struct Draft {
    path: String,
    etag: String,
}

impl Editor {
    pub fn sign_in(address: SocketAddr, password: &str) -> Result<Self> {
        let token = sign_in_at(address, password)?;
        Ok(Self { client: Client::connect(address)?, authorization: format!("Authorization: Bearer {token}\r\n") })
    }

    /// Writes a story; `body` is that of `POST /v1/articles`.
    pub fn write(&mut self, body: &str) -> Result<Draft> {
        let created = self.client.send("POST", "/v1/articles", &self.authorization, body)?;
        ensure!(created.status == 201, "nothing can be written: {}", created.body);
        let story: Value = serde_json::from_str(&created.body)?;
        let text = |member: &str| story[member].as_str().with_context(|| format!("the story has no {member}"));
        let path = format!("/v1/articles/{}/translations/{}", text("id")?, text("original_language")?);
        let etag = self.client.send("GET", &path, &self.authorization, "")?.header("etag").to_owned();
        Ok(Draft { path, etag })
    }

    pub fn publish(&mut self, Draft { path, etag }: Draft) -> Result<()> {
        let headers = format!("{}If-Match: {etag}\r\n", self.authorization);
        let published = self.client.send("POST", &format!("{path}/publish"), &headers, "")?;
        ensure!(published.status == 200, "nothing can be published: {}", published.body);
        Ok(())
    }
}
