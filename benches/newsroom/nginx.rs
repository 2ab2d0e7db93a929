//! nginx, which serves the bodies of newsroom's answers from files.

use crate::data;
use crate::http::Client;
use crate::server::{Server, free_address};
use anyhow::Result;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

const SETTINGS: &str = r"
daemon off;
worker_processes @WORKERS@;
pid @FOLDER@/nginx.pid;
error_log @FOLDER@/nginx.errors;
@USER@
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 1000000000;
    open_file_cache max=1000 inactive=1h;
    sendfile on;
    tcp_nopush on;
    default_type application/json;
    client_body_temp_path @FOLDER@/nginx.body;
    proxy_temp_path @FOLDER@/nginx.proxy;
    fastcgi_temp_path @FOLDER@/nginx.fastcgi;
    uwsgi_temp_path @FOLDER@/nginx.uwsgi;
    scgi_temp_path @FOLDER@/nginx.scgi;
    server {
        listen @ADDRESS@;
        root @FOLDER@/files;
        location = /health/ready { return 200; }
        location = /v1/delivery/articles { try_files /list =404; }
    }
}
";

/// Puts answers of the server at `source` into files below `folder`, and serves them; `None` where nginx is not installed.
pub fn serve(folder: &Path, source: SocketAddr, paths: &[String], workers: usize) -> Result<Option<Server>> {
    if Command::new("nginx").arg("-v").output().is_err() {
        println!("nginx: NOT MEASURED, it is not installed (Debian: apt-get install nginx-light)\n");
        return Ok(None);
    }
    let files = folder.join("files");
    let mut client = Client::connect(source)?;
    for path in paths {
        let file = files.join(path.trim_start_matches('/'));
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(file, client.get(path)?.body)?;
    }
    fs::write(files.join("list"), client.get(&data::list_path())?.body)?;
    let address = free_address()?;
    let file = folder.join("nginx.conf");
    // As root its workers would be somebody else, who may not read the files.
    let user = if fs::metadata("/proc/self").is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0) { "user root;" } else { "" };
    let settings = SETTINGS.replace("@WORKERS@", &workers.to_string()).replace("@ADDRESS@", &address.to_string()).replace("@USER@", user);
    fs::write(&file, settings.replace("@FOLDER@", &folder.display().to_string()))?;
    let mut command = Command::new("nginx");
    command.arg("-c").arg(&file);
    Server::start(command, address, folder.join("nginx.log")).map(Some)
}
