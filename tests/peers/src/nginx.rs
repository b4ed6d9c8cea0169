//! [`Nginx`]: a shared cache in front of an app, or one origin for several apps.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, process};

use crate::http::{Response, free_address, get};

const START_WITHIN: Duration = Duration::from_secs(20);

/// A running nginx on a free loopback port. Dropping it ends nginx and removes its folder.
#[derive(Debug)]
pub struct Nginx {
    process: Child,
    address: SocketAddr,
    folder: PathBuf,
}

impl Nginx {
    /// Starts nginx in front of the app at this address, and waits until it accepts connections. It
    /// caches every 200 for ten minutes, unless the app forbids it; the header `X-Cache` of a
    /// response shows the cache's action.
    ///
    /// # Panics
    ///
    /// Panics if nginx is missing, or does not start within 20 seconds.
    #[must_use]
    pub fn start(app: SocketAddr) -> Self {
        Self::serving(&format!(
            "proxy_cache pages;
             proxy_cache_valid 200 10m;
             add_header X-Cache $upstream_cache_status always;
             location / {{ proxy_pass http://{app}; }}"
        ))
    }

    /// Starts nginx as the one origin of several apps, each with the start of its paths, and without
    /// a cache. The apps are told the origin by `Host` and `X-Forwarded-Host`, and this scheme by
    /// `X-Forwarded-Proto`: nginx's own is `$scheme`.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    #[must_use]
    pub fn one_origin(apps: &[(&str, SocketAddr)], scheme: &str) -> Self {
        let headers = format!(
            "proxy_set_header Host $http_host;
             proxy_set_header X-Forwarded-Host $http_host;
             proxy_set_header X-Forwarded-Proto {scheme};"
        );
        let locations = apps
            .iter()
            .map(|(path, app)| format!("location {path} {{ proxy_pass http://{app}; }}"));
        Self::serving(&format!("{headers}{}", locations.collect::<String>()))
    }

    /// Starts nginx with these directives for its server.
    fn serving(directives: &str) -> Self {
        // Between finding a free port and nginx's taking it, somebody else may have.
        (0..3)
            .find_map(|_| Self::try_start(directives))
            .expect("nginx did not start three times, its errors stand above")
    }

    /// Starts nginx; returns `None` if nginx ended by itself.
    fn try_start(directives: &str) -> Option<Self> {
        let address = free_address();
        let folder = format!("hardtack-nginx-{}-{}", process::id(), address.port());
        let folder = env::temp_dir().join(folder);
        fs::create_dir(&folder).expect("a folder of its own");
        let file = folder.join("nginx.conf");
        fs::write(&file, configuration(&folder, address, directives)).expect("a file in it");
        let process = Command::new("nginx")
            .args(["-e", "stderr", "-c"])
            .arg(&file)
            .arg("-p")
            .arg(&folder)
            .stdin(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run nginx ({error}): apt-get install nginx"));
        let mut nginx = Self {
            process,
            address,
            folder,
        };
        let start = Instant::now();
        while start.elapsed() < START_WITHIN {
            if nginx.process.try_wait().is_ok_and(|ended| ended.is_some()) {
                return None;
            }
            if TcpStream::connect(address).is_ok() {
                return Some(nginx);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("nginx accepts no connection after {START_WITHIN:?}");
    }

    /// Returns the address that nginx listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends `GET path` through nginx, with this `Cookie` header.
    ///
    /// # Panics
    ///
    /// Panics if nginx does not answer in HTTP within 10 seconds.
    #[must_use]
    pub fn get(&self, path: &str, cookies: Option<&str>) -> Response {
        get(self.address, path, cookies)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // These fail only where the process has ended by itself, or somebody has tidied up.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Returns a configuration with one process, no daemon and no file outside `folder`.
fn configuration(folder: &Path, address: SocketAddr, directives: &str) -> String {
    let folder = folder.display();
    format!(
        "daemon off; master_process off; pid {folder}/pid; error_log stderr warn;
         events {{ worker_connections 64; }}
         http {{
             access_log off;
             client_body_temp_path {folder}/body;
             proxy_temp_path {folder}/proxy;
             fastcgi_temp_path {folder}/fastcgi;
             uwsgi_temp_path {folder}/uwsgi;
             scgi_temp_path {folder}/scgi;
             proxy_cache_path {folder}/cache keys_zone=pages:1m;
             server {{
                 listen {address};
                 {directives}
             }}
         }}"
    )
}
