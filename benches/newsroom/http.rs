//! As little of an HTTP client as is needed here: one connection, kept alive, answers with `Content-Length`.

use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// A connection to a server.
pub struct Client(BufReader<TcpStream>);

/// What the server said.
pub struct Reply {
    pub status: u16,
    /// Names are in lower case.
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    pub fn get(&mut self, path: &str) -> Result<Reply> {
        self.send("GET", path, "", "")
    }

    pub fn post(&mut self, path: &str, json: &str) -> Result<Reply> {
        self.send("POST", path, "", json)
    }

    /// Sends a request with some more headers, each with its line break, and JSON where it is not empty.
    pub fn send(&mut self, method: &str, path: &str, headers: &str, json: &str) -> Result<Reply> {
        let body = if json.is_empty() { "\r\n".to_owned() } else { format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}", json.len()) };
        self.0.get_mut().write_all(format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}{body}").as_bytes())?;
        let status = self.status()?;
        let mut headers = vec![];
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').with_context(|| format!("{line:?} is no header"))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut reply = Reply { status, headers, body: String::new() };
        let length = reply.header("content-length").parse::<usize>().context("the answer does not say how long it is")?;
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        reply.body = String::from_utf8(body)?;
        Ok(reply)
    }

    /// The status of an answer that may have no end; the connection is of no use afterwards.
    pub fn status_of(mut self, path: &str) -> Result<u16> {
        self.0.get_mut().write_all(format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").as_bytes())?;
        self.status()
    }

    fn status(&mut self) -> Result<u16> {
        let first = self.line()?;
        first.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok()).with_context(|| format!("{first:?} is no answer"))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.0.read_line(&mut line)? > 0, "the server has hung up");
        Ok(line.trim_end().to_owned())
    }
}

fn parts(text: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = text.split(", ").collect();
    parts.sort_unstable();
    parts
}

impl Reply {
    /// Empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    /// Whether a reader could tell them apart: time and request id are anew in every answer.
    pub fn is_like(&self, other: &Self) -> bool {
        self.status == other.status && self.body == other.body && self.lasting() == other.lasting()
    }

    /// Without regard to order, also of the parts of a value: each thread of a server may have its own.
    fn lasting(&self) -> Vec<(&str, Vec<&str>)> {
        let mut headers: Vec<(&str, Vec<&str>)> = self
            .headers
            .iter()
            .filter(|(name, _)| name != "date")
            .map(|(name, text)| (name.as_str(), if name == "x-request-id" { vec![] } else { parts(text) }))
            .collect();
        headers.sort_unstable();
        headers
    }

    /// The headers that are the same in every answer, one a line.
    pub fn constants(&self, varying: &[&str]) -> String {
        let of_transport = ["date", "content-length", "content-type", "connection"];
        let constant = self.headers.iter().filter(|(name, _)| !of_transport.contains(&name.as_str()) && !varying.contains(&name.as_str()));
        constant.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
    }
}
