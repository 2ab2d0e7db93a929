//! Varnish and nginx as processes of a test, in a folder of their own.

use crate::support::house::Client;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const REQUIRE: &str = "NEWSROOM_TEST_REQUIRE_EDGE";
const VCL: &str = include_str!("../../../deploy/varnish.vcl");
const NGINX: &str = include_str!("../../../deploy/nginx.conf");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Varnish,
    Nginx,
}

/// A cache that runs. It ends with its owner, or with the thread of its test.
pub struct Edge {
    process: Child,
    pub address: SocketAddr,
    _folder: TempDir,
}

pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Kind {
    /// Says once, past the capture of the test runner, what is not tested here.
    pub fn is_installed(self) -> bool {
        static SAID: Once = Once::new();
        let found = self.program().is_some() && program("setpriv").is_some() && (self != Self::Varnish || has_xkey());
        if !found {
            assert!(std::env::var(REQUIRE).as_deref() != Ok("1"), "{REQUIRE}=1, but {self:?} is not installed (varnish, varnish-modules, nginx)");
            SAID.call_once(|| {
                let _ = writeln!(std::io::stderr(), "\nVarnish with varnish-modules, or nginx, is not installed: SKIPPED behind it");
            });
        }
        found
    }

    fn program(self) -> Option<PathBuf> {
        program(match self {
            Self::Varnish => "varnishd",
            Self::Nginx => "nginx",
        })
    }

    /// The command that runs it, and its files, with our addresses in place of those for operators.
    fn command(self, folder: &Path, at: SocketAddr, backend: SocketAddr) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM"]).arg(self.program().unwrap());
        match self {
            Self::Varnish => {
                let file = folder.join("varnish.vcl");
                std::fs::write(&file, vcl(backend)).unwrap();
                command.args(["-F", "-j", "none", "-a", &at.to_string(), "-s", "default,32m", "-l", "2m", "-p", "http_gzip_support=off"]);
                command.args(["-p", "thread_pools=1", "-p", "thread_pool_min=20"]).arg("-n").arg(folder.join("work")).arg("-f").arg(file);
            }
            Self::Nginx => {
                let file = folder.join("nginx.conf");
                std::fs::write(&file, nginx(folder, at, backend)).unwrap();
                command.arg("-p").arg(folder).arg("-e").arg(folder.join("error.log")).args(["-g", "daemon off;", "-c"]).arg(file);
            }
        }
        command
    }
}

impl Edge {
    /// `None` when it has ended at once, as it does when somebody else has taken its port.
    pub fn start(kind: Kind, address: SocketAddr, backend: SocketAddr) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let said = folder.path().join("said");
        let out = std::fs::File::create(&said).unwrap();
        let mut command = kind.command(folder.path(), address, backend);
        let process = command.stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(out).spawn().unwrap();
        let mut edge = Self { process, address, _folder: folder };
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            if edge.process.try_wait().unwrap().is_some() {
                let _ = writeln!(std::io::stderr(), "{kind:?} has ended: {}", std::fs::read_to_string(&said).unwrap());
                return None;
            }
            if Client::of(address, "").send("GET", "/health/live", &[], None).is_ok_and(|reply| reply.status == 200) {
                return Some(edge);
            }
            assert!(Instant::now() < deadline, "{kind:?} does not answer: {}", std::fs::read_to_string(&said).unwrap());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        // Both have children, which go with them then.
        let _ = Command::new("kill").arg(self.process.id().to_string()).stderr(Stdio::null()).status();
        let _ = self.process.wait();
    }
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.exists())
}

fn has_xkey() -> bool {
    let folders = ["/usr/lib", "/usr/local/lib"].into_iter().flat_map(|folder| {
        let inner = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        inner.chain([PathBuf::from(folder)]).collect::<Vec<_>>()
    });
    folders.into_iter().any(|folder| folder.join("varnish/vmods/libvmod_xkey.so").exists())
}

fn put(text: &str, ours: &[(&str, String)]) -> String {
    ours.iter().fold(text.to_owned(), |text, (theirs, ours)| {
        assert!(text.contains(theirs), "{theirs:?} is not in the file");
        text.replace(theirs, ours)
    })
}

fn vcl(backend: SocketAddr) -> String {
    put(VCL, &[(".port = \"8080\";", format!(".port = \"{}\";", backend.port()))])
}

fn nginx(folder: &Path, at: SocketAddr, backend: SocketAddr) -> String {
    let place = folder.display();
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path {place}/{kind};\n")).concat();
    put(
        NGINX,
        &[
            ("127.0.0.1:8080", backend.to_string()),
            ("listen 80;", format!("listen {at};")),
            ("user www-data;", if is_root { "user root;".to_owned() } else { String::new() }),
            ("worker_processes auto;", "worker_processes 1;".to_owned()),
            ("/run/nginx.pid", format!("{place}/pid")),
            ("/var/log/nginx/error.log", format!("{place}/error.log")),
            ("/var/lib/nginx/newsroom", format!("{place}/cache")),
            ("http {", format!("http {{\n{temporary}")),
        ],
    )
}
