//! Real caches in front of one origin, with the configurations that we ship: only addresses, ports
//! and folders are put in their place.

use std::path::Path;

use tempfile::TempDir;

use super::client::Client;
use super::servers::{Attached, free_port, listening, output, temporary};

const NGINX: &str = include_str!("../../infra/deploy/cdn/nginx.conf");
const VARNISH: &str = include_str!("../../infra/deploy/cdn/varnish.vcl");
const RECORDS: &str = include_str!("../../infra/deploy/cdn/trafficserver/records.config");
const REMAP: &str = include_str!("../../infra/deploy/cdn/trafficserver/remap.config");
const RANGES: &str = include_str!("../../infra/deploy/cdn/trafficserver/ranges.config");

/// Which cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Nginx,
    Varnish,
    TrafficServer,
}

/// A running cache. Dropping it ends its processes.
#[derive(Debug)]
pub(crate) struct Cache {
    port: u16,
    // Dropped before the folder that it works in.
    _server: Attached,
    _directory: TempDir,
}

impl Cache {
    /// Starts a cache in front of `origin` (`http://127.0.0.1:PORT`), as we ship it.
    pub(crate) async fn in_front_of(kind: Kind, origin: &str) -> Self {
        Self::changed(kind, origin, &[]).await
    }

    /// The same with changes to the shipped configuration, each a text in it and its replacement.
    pub(crate) async fn changed(kind: Kind, origin: &str, changes: &[(&str, &str)]) -> Self {
        let origin = origin.trim_start_matches("http://");
        let directory = temporary();
        let port = free_port();
        let place = Place { folder: directory.path(), port, origin, changes };
        let (program, arguments) = match kind {
            Kind::Nginx => place.nginx(),
            Kind::Varnish => place.varnish(),
            Kind::TrafficServer => place.traffic_server(),
        };
        let log = directory.path().join("said");
        let server = Attached::start(program, &arguments, &log);
        listening(port, &log).await;
        Self { port, _server: server, _directory: directory }
    }

    /// A client of the cache.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.http())
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// What a configuration is fitted to.
#[derive(Clone, Copy)]
struct Place<'a> {
    folder: &'a Path,
    port: u16,
    origin: &'a str,
    changes: &'a [(&'a str, &'a str)],
}

impl Place<'_> {
    /// The shipped text with its places filled and the changes made; each must be in it.
    fn fit(&self, shipped: &str, places: &[(&str, String)]) -> String {
        let mut text = shipped.to_owned();
        let places = places.iter().map(|(from, to)| (*from, to.as_str()));
        for (from, to) in places.chain(self.changes.iter().copied()) {
            assert!(text.contains(from), "the shipped configuration has no `{from}`");
            text = text.replace(from, to);
        }
        text
    }

    fn write(&self, name: &str, text: &str) -> String {
        let file = self.folder.join(name);
        std::fs::write(&file, text).expect("a configuration file");
        file.display().to_string()
    }

    fn nginx(&self) -> (&'static str, Vec<String>) {
        let path = self.folder.display().to_string();
        if output("id", &["-u"]) == "0" {
            output("chmod", &["755", &path]);
        }
        let config = self.fit(
            NGINX,
            &[
                ("server 127.0.0.1:8080;", format!("server {};", self.origin)),
                ("listen 80;", format!("listen 127.0.0.1:{};", self.port)),
                ("/var/cache/nginx/headwater", format!("{path}/cache")),
            ],
        );
        let config = format!(
            "daemon off;\npid {path}/pid;\nerror_log stderr;\nworker_processes 1;\n\
             events {{ worker_connections 4096; }}\nhttp {{\naccess_log off;\n\
             client_body_temp_path {path}/b;\nproxy_temp_path {path}/p;\n\
             fastcgi_temp_path {path}/f;\nuwsgi_temp_path {path}/u;\nscgi_temp_path {path}/s;\n\
             {config}\n}}\n"
        );
        ("nginx", ["-c".to_owned(), self.write("nginx.conf", &config)].to_vec())
    }

    fn varnish(&self) -> (&'static str, Vec<String>) {
        let (_, origin_port) = self.origin.split_once(':').expect("HOST:PORT");
        let place = (".port = \"8080\";", format!(".port = \"{origin_port}\";"));
        let file = self.write("varnish.vcl", &self.fit(VARNISH, &[place]));
        let folder = self.folder.join("run").display().to_string();
        let address = format!("127.0.0.1:{}", self.port);
        // No jail: the tests may run as any user.
        let arguments = ["-F", "-j", "none", "-a", &address, "-f", &file, "-n", &folder];
        let more = ["-s", "malloc,64M", "-s", "Transient=malloc,32M", "-p", "thread_pool_max=500"];
        ("varnishd", arguments.iter().chain(&more).map(|&one| one.to_owned()).collect())
    }

    fn traffic_server(&self) -> (&'static str, Vec<String>) {
        let path = self.folder.display().to_string();
        for folder in ["etc", "cache", "log", "run", "data"] {
            std::fs::create_dir(self.folder.join(folder)).expect("a folder");
        }
        // A change is meant for the file that has its text.
        let meant = |text: &str| -> Vec<(&str, &str)> {
            self.changes.iter().copied().filter(|(from, _)| text.contains(from)).collect()
        };
        let (for_records, for_remap) = (meant(RECORDS), meant(REMAP));
        assert_eq!(for_records.len() + for_remap.len(), self.changes.len(), "{:?}", self.changes);
        let port = (" 80 80:ipv6", format!(" {}", self.port));
        let records = Place { changes: &for_records, ..*self }.fit(RECORDS, &[port]);
        // As any user, with two threads, and for itself alone.
        let records = format!(
            "{records}\nCONFIG proxy.config.admin.user_id STRING #-1\n\
             CONFIG proxy.config.crash_log_helper STRING NULL\n\
             CONFIG proxy.config.exec_thread.autoconfig INT 0\n\
             CONFIG proxy.config.exec_thread.limit INT 2\n"
        );
        self.write("etc/records.config", &records);
        let origin = ("127.0.0.1:8080", self.origin.to_owned());
        self.write(
            "etc/remap.config",
            &Place { changes: &for_remap, ..*self }.fit(REMAP, &[origin]),
        );
        self.write("etc/ranges.config", RANGES);
        self.write("etc/storage.config", &format!("{path}/cache 64M\n"));
        let allowed = "ip_allow:\n  - apply: in\n    ip_addrs: 127.0.0.1\n    action: allow\n";
        self.write("etc/ip_allow.yaml", &format!("{allowed}    methods: ALL\n"));
        for empty in ["plugin.config", "logging.yaml", "ssl_multicert.config"] {
            self.write(&format!("etc/{empty}"), "");
        }
        let root = format!(
            "prefix: {path}\nexec_prefix: {path}\nbindir: /usr/bin\nsbindir: /usr/bin\n\
             sysconfdir: {path}/etc\ndatadir: {path}/data\nincludedir: /usr/include\n\
             libdir: /usr/lib/trafficserver\nlibexecdir: /usr/lib/trafficserver/modules\n\
             localstatedir: {path}/run\nruntimedir: {path}/run\nlogdir: {path}/log\n\
             mandir: {path}\ninfodir: {path}\ncachedir: {path}/cache\n"
        );
        let root = self.write("runroot.yaml", &root);
        ("traffic_server", [format!("--run-root={root}")].to_vec())
    }
}
