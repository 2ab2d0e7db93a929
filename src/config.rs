//! The settings: defaults that work with nothing set, then a TOML file, then the environment, then flags.

use anyhow::{Context, bail};
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

const PREFIX: &str = "NEWSROOM_";

/// All settings in force. Names in the environment: `NEWSROOM_HTTP__BIND`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub data_dir: PathBuf,
    pub mode: Mode,
    /// Where clients reach us: every absolute address is built from it. Without a slash at the end.
    pub public_url: String,
    pub demo: Switch,
    pub demo_password: Option<Secret>,
    pub http: Http,
    pub metrics: Metrics,
    pub database: Database,
    pub rate_limit: RateLimit,
    pub delivery: Delivery,
    pub purge: Purge,
    pub auth: Auth,
    pub audit: Audit,
    pub mail: Mail,
    pub site: Site,
    pub log: Log,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Development,
    /// Refuses weak settings.
    Production,
}

/// `on` or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch(pub bool);

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.to_ascii_lowercase().as_str() {
            "on" | "true" | "1" | "yes" => Ok(Self(true)),
            "off" | "false" | "0" | "no" => Ok(Self(false)),
            other => Err(serde::de::Error::custom(format!("is {other:?}, and must be on or off"))),
        }
    }
}

impl Serialize for Switch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.0 { "on" } else { "off" })
    }
}

/// A value that is never printed.
#[derive(Clone, Deserialize)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("(hidden)")
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    pub bind: SocketAddr,
    /// Threads that answer; 0 for one per core.
    pub workers: usize,
    /// Networks whose `X-Forwarded-For` is believed, with commas between.
    #[serde(deserialize_with = "list", serialize_with = "texts")]
    pub trusted_proxies: Vec<IpNet>,
    /// Origins that browsers may call the editorial side from, with commas between.
    #[serde(deserialize_with = "list")]
    pub cors_origins: Vec<String>,
    /// Seconds that requests in flight get when the process is asked to stop.
    pub shutdown_timeout: u64,
    /// Connections at once, over all threads; more wait until others end. The system may allow fewer files.
    pub max_connections: usize,
    /// Seconds that a connection stays open while nothing is asked.
    pub keep_alive: u64,
    /// Seconds for the head of a request, from its first byte.
    pub head_timeout: u64,
    /// Seconds for a whole body.
    pub body_timeout: u64,
    /// Seconds in which a body may come more slowly than `least_rate`.
    pub body_grace: u64,
    /// Bytes a second that bodies come with, and that answers are taken with.
    pub least_rate: u32,
    /// Seconds after which a client is cut off that takes nothing of its answer.
    pub write_timeout: u64,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// The operators' listener; `None` (an empty value) for none.
    #[serde(deserialize_with = "address_or_none", serialize_with = "or_off")]
    pub bind: Option<SocketAddr>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `postgres://…` or `sqlite:…`; without it, `newsroom.db` in the data directory.
    pub url: Option<Secret>,
    /// How delivery logs in to PostgreSQL; without it, as above.
    pub delivery_url: Option<Secret>,
    /// Connections to PostgreSQL, for each of the two.
    pub connections: Option<u32>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimit {
    pub enabled: bool,
    /// Requests a minute for a staff member or key.
    pub editorial: u32,
    /// Those of them that change something.
    pub write: u32,
    /// Requests a minute for an address.
    pub delivery: u32,
    /// Searches a minute for an address; those whose answer is in memory do not count.
    pub search: u32,
    /// Attempts to sign in a minute for an address.
    pub login: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// Memory for answers that are kept, in MiB; 0 keeps none.
    pub cache_mib: u32,
}

impl Default for Delivery {
    fn default() -> Self {
        Self { cache_mib: 64 }
    }
}

/// Caches in front of us that are told of every change.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Purge {
    /// Where each of them takes purges, with commas between; none of them, and nobody is told.
    #[serde(deserialize_with = "list")]
    pub urls: Vec<String>,
    pub kind: PurgeKind,
    /// A header that goes along, such as `Fastly-Key: …`.
    pub header: Option<Secret>,
    /// Seconds that they may keep an answer.
    pub max_age: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PurgeKind {
    /// `PURGE` with the keys in `xkey-purge`: Varnish with `deploy/varnish.vcl`.
    #[default]
    Xkey,
    /// `POST` with the keys in `Surrogate-Key`: Fastly, and those that do as it does.
    Http,
}

impl Default for Purge {
    fn default() -> Self {
        Self { urls: vec![], kind: PurgeKind::Xkey, header: None, max_age: 60 }
    }
}

impl Purge {
    /// Name and value of the header that goes along.
    #[must_use]
    pub fn header(&self) -> Option<(&str, &str)> {
        let (name, value) = self.header.as_ref()?.expose().split_once(':')?;
        Some((name.trim(), value.trim()))
    }

    fn faults(&self) -> impl Iterator<Item = String> {
        let is_address = |url: &str| url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.password().is_none());
        let urls = self.urls.iter().any(|url| !is_address(url)).then_some("purge.urls must be http:// or https:// addresses; a secret goes into purge.header");
        let header = (self.header.is_some() && self.header().is_none()).then_some("purge.header must be a name and a value with a colon between them");
        let max_age = (self.max_age == 0 || self.max_age > 86_400).then_some("purge.max_age must be from 1 to 86400 seconds");
        [urls, header, max_age].into_iter().flatten().map(str::to_owned)
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    pub issuer: String,
    pub audience: String,
    /// Days that a session lives without use.
    pub session_days: u32,
    /// Hours that an invitation is good for.
    pub invitation_hours: u32,
    /// Minutes that a password reset is good for.
    pub reset_minutes: u32,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// Where the checkpoints of the audit log are kept, best on another machine than the database; without it, `audit` in the data directory.
    pub checkpoint_dir: Option<PathBuf>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// `smtps://user:password@host` or `smtp://host?tls=required`; without it, messages are files in the outbox of the data directory.
    pub smtp_url: Option<Secret>,
    pub from: String,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Site {
    /// Where a reader finds an article: `https://example.org/{language}/{slug}`, also `{id}` and `{section}`. One for all languages, or one
    /// for each: `NEWSROOM_SITE__ARTICLE_URL__KK`.
    pub article_url: ArticleUrl,
    /// The page of the front end that takes the token of an invitation or reset: `https://desk.example.org/welcome#{token}`.
    pub token_url: Option<String>,
}

/// Templates of addresses, by language; the one under `""` serves all others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ArticleUrl(pub BTreeMap<String, String>);

impl<'de> Deserialize<'de> for ArticleUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            One(String),
            Each(BTreeMap<String, String>),
        }
        Ok(Self(match Form::deserialize(deserializer)? {
            Form::One(template) => BTreeMap::from([(String::new(), template)]),
            Form::Each(each) => each.into_iter().map(|(language, template)| (language.replace('_', "-").to_lowercase(), template)).collect(),
        }))
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    /// As `tracing`'s filters are written: `info,sqlx=warn`.
    pub filter: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Human,
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            mode: Mode::Development,
            public_url: String::new(),
            demo: Switch(true),
            demo_password: None,
            http: Http::default(),
            metrics: Metrics::default(),
            database: Database::default(),
            rate_limit: RateLimit::default(),
            delivery: Delivery::default(),
            purge: Purge::default(),
            auth: Auth::default(),
            audit: Audit::default(),
            mail: Mail::default(),
            site: Site::default(),
            log: Log::default(),
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 8080)),
            workers: 0,
            trusted_proxies: vec![],
            cors_origins: vec![],
            shutdown_timeout: 25,
            max_connections: 25_000,
            keep_alive: 75,
            head_timeout: 10,
            body_timeout: 30,
            body_grace: 5,
            least_rate: 1024,
            write_timeout: 30,
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self { bind: Some(SocketAddr::from(([127, 0, 0, 1], 9464))) }
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { enabled: true, editorial: 600, write: 300, delivery: 6_000, search: 600, login: 30 }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self { issuer: "newsroom".to_owned(), audience: "newsroom-api".to_owned(), session_days: 30, invitation_hours: 7 * 24, reset_minutes: 30 }
    }
}

impl Default for Mail {
    fn default() -> Self {
        Self { smtp_url: None, from: "Newsroom <newsroom@localhost>".to_owned() }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Human, filter: "info,sqlx=warn,html5ever=error".to_owned() }
    }
}

impl Config {
    /// Reads the file (that of `NEWSROOM_CONFIG`, or `newsroom.toml` where it exists) and the environment.
    ///
    /// # Errors
    /// Names the setting that cannot be read, or that is not one.
    pub fn load(environment: impl Iterator<Item = (String, String)>) -> anyhow::Result<Self> {
        let mut file = None;
        let mut values = HashMap::new();
        for (name, value) in environment {
            let Some(short) = name.strip_prefix(PREFIX) else { continue };
            if short.starts_with("TEST_") {
                continue;
            }
            if short == "CONFIG" {
                file = Some(value);
            } else if let Some(target) = short.strip_suffix("_FILE") {
                let secret = std::fs::read_to_string(&value).with_context(|| format!("{name} names {value}"))?;
                values.insert(format!("{PREFIX}{target}"), secret.trim_end().to_owned());
            } else {
                values.insert(name, value);
            }
        }
        let environment = config::Environment::with_prefix("NEWSROOM").prefix_separator("_").separator("__").source(Some(values));
        let mut builder = config::Config::builder();
        builder = match &file {
            Some(path) => builder.add_source(config::File::from(Path::new(path))),
            None => builder.add_source(config::File::with_name("newsroom.toml").format(config::FileFormat::Toml).required(false)),
        };
        let mut config: Self = builder.add_source(environment).build()?.try_deserialize().context("a setting cannot be used")?;
        if config.public_url.is_empty() {
            config.public_url = format!("http://{}", config.http.bind);
        }
        config.validate()?;
        Ok(config)
    }

    /// Lists all that is wrong with the settings together.
    fn validate(&self) -> anyhow::Result<()> {
        let mut faults = vec![];
        if url::Url::parse(&self.public_url).is_err() || self.public_url.ends_with('/') {
            faults.push("public_url must be an absolute address without a slash at its end".to_owned());
        }
        for (language, template) in &self.site.article_url.0 {
            if !language.is_empty() && crate::language::Tag::parse(language).is_err() {
                faults.push(format!("site.article_url: {language:?} is not a language of ours"));
            }
            if !template.contains("{slug}") && !template.contains("{id}") {
                faults.push("site.article_url needs {slug} or {id} in it".to_owned());
            }
        }
        if let Some(password) = &self.demo_password
            && password.expose().chars().count() < 12
        {
            faults.push("demo_password needs at least 12 characters".to_owned());
        }
        if self.auth.session_days == 0 || self.auth.invitation_hours == 0 || self.auth.reset_minutes == 0 {
            faults.push("auth.session_days, invitation_hours and reset_minutes must be above 0".to_owned());
        }
        let RateLimit { enabled: _, editorial, write, delivery, search, login } = self.rate_limit;
        if [editorial, write, delivery, search, login].contains(&0) {
            faults.push("rate_limit: the budgets must be above 0; enabled=false switches them off".to_owned());
        }
        let Http { max_connections, keep_alive, head_timeout, body_timeout, least_rate, write_timeout, .. } = self.http;
        if max_connections == 0 || [keep_alive, head_timeout, body_timeout, least_rate.into(), write_timeout].contains(&0) {
            faults.push("http: max_connections, keep_alive, the timeouts and least_rate must be above 0".to_owned());
        }
        faults.extend(self.purge.faults());
        if self.mode == Mode::Production {
            self.validate_production(&mut faults);
        }
        if faults.is_empty() {
            return Ok(());
        }
        bail!("the settings cannot be used:\n  - {}", faults.join("\n  - "));
    }

    fn validate_production(&self, faults: &mut Vec<String>) {
        let weak = [
            (!self.public_url.starts_with("https://"), "public_url must be the https:// address that clients use"),
            (!self.rate_limit.enabled, "rate_limit.enabled must be true"),
            (self.demo_password.is_some(), "demo_password is for demonstrations"),
            (self.mail.smtp_url.is_none(), "mail.smtp_url must be set, or invitations reach nobody"),
            (self.mail.smtp_url.as_ref().is_some_and(is_clear), "mail.smtp_url must be smtps://… or end in ?tls=required: mail carries links that sign in"),
            (self.site.token_url.is_none(), "site.token_url must be set, or invitations carry no link"),
            (self.http.cors_origins.iter().any(|origin| origin == "*"), "http.cors_origins must list exact origins"),
        ];
        faults.extend(weak.into_iter().filter(|(is_weak, _)| *is_weak).map(|(_, fault)| format!("production: {fault}")));
    }

    /// What is in force, as the file would have it.
    ///
    /// # Errors
    /// When a setting cannot be written in TOML.
    pub fn to_toml(&self) -> anyhow::Result<String> {
        Ok(toml::to_string(self)?)
    }

    /// Where the database is.
    #[must_use]
    pub fn database_url(&self) -> String {
        match &self.database.url {
            Some(url) => url.expose().to_owned(),
            None => format!("sqlite:{}", self.data_dir.join("newsroom.db").display()),
        }
    }

    /// The folder of the checkpoints of the audit log.
    #[must_use]
    pub fn checkpoint_dir(&self) -> PathBuf {
        self.audit.checkpoint_dir.clone().unwrap_or_else(|| self.data_dir.join("audit"))
    }

    /// Where delivery reads.
    #[must_use]
    pub fn delivery_url(&self) -> String {
        self.database.delivery_url.as_ref().map_or_else(|| self.database_url(), |url| url.expose().to_owned())
    }

    #[must_use]
    pub fn connections(&self) -> u32 {
        self.database.connections.unwrap_or(16).max(2)
    }

    #[must_use]
    pub fn wants_demo(&self) -> bool {
        self.demo.0 && self.mode == Mode::Development
    }

    /// Whether clients reach us by TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

fn is_clear(smtp_url: &Secret) -> bool {
    !smtp_url.expose().starts_with("smtps://") && !smtp_url.expose().contains("tls=required")
}

fn list<'de, D: Deserializer<'de>, T: std::str::FromStr>(deserializer: D) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Text(String),
        List(Vec<String>),
    }
    let items = match Form::deserialize(deserializer)? {
        Form::Text(text) => text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect(),
        Form::List(items) => items,
    };
    items.iter().map(|item| item.parse().map_err(|_| serde::de::Error::custom(format!("{item:?} cannot be read")))).collect()
}

fn address_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || text == "off" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| serde::de::Error::custom(format!("{text:?} is not an address such as 127.0.0.1:9464")))
}

#[expect(clippy::ref_option, reason = "serde hands it over so")]
fn or_off<S: Serializer>(address: &Option<SocketAddr>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&address.map_or_else(|| "off".to_owned(), |address| address.to_string()))
}

fn texts<S: Serializer>(networks: &[IpNet], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(networks.iter().map(IpNet::to_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(settings: &[(&str, &str)]) -> anyhow::Result<Config> {
        Config::load(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn works_with_nothing_set() {
        let config = load(&[]).unwrap();
        assert_eq!(config.public_url, "http://127.0.0.1:8080");
        assert_eq!(config.database_url(), "sqlite:data/newsroom.db");
        assert_eq!(config.checkpoint_dir(), Path::new("data/audit"));
        assert!(config.wants_demo());
    }

    #[test]
    fn reads_the_environment() {
        let config = load(&[
            ("NEWSROOM_HTTP__BIND", "127.0.0.1:9000"),
            ("NEWSROOM_HTTP__TRUSTED_PROXIES", "10.0.0.0/8, ::1/128"),
            ("NEWSROOM_DEMO", "off"),
            ("NEWSROOM_DEMO_PASSWORD", "000000000012"),
            ("NEWSROOM_RATE_LIMIT__ENABLED", "false"),
            ("NEWSROOM_SITE__ARTICLE_URL", "https://x.example/{language}/{slug}"),
            ("NEWSROOM_METRICS__BIND", "off"),
            ("NEWSROOM_AUDIT__CHECKPOINT_DIR", "/mnt/elsewhere"),
            ("NEWSROOM_TEST_REQUIRE_POSTGRES", "1"),
            ("PATH", "/bin"),
        ])
        .unwrap();
        assert_eq!(config.http.bind.port(), 9000);
        assert_eq!(config.checkpoint_dir(), Path::new("/mnt/elsewhere"));
        assert_eq!(config.http.trusted_proxies.len(), 2);
        assert!(!config.wants_demo() && !config.rate_limit.enabled);
        assert_eq!(config.demo_password.unwrap().expose(), "000000000012");
        assert_eq!(config.metrics.bind, None);
        let each = load(&[("NEWSROOM_SITE__ARTICLE_URL__KK", "https://kk.example/{slug}")]).unwrap();
        assert_eq!(each.site.article_url.0["kk"], "https://kk.example/{slug}");
    }

    #[test]
    fn names_what_is_wrong() {
        for (name, value, told) in [
            ("NEWSROOM_HTPP__BIND", "1", "htpp"),
            ("NEWSROOM_DEMO", "perhaps", "perhaps"),
            ("NEWSROOM_PUBLIC_URL", "here", "public_url"),
            ("NEWSROOM_DEMO_PASSWORD", "short", "demo_password"),
            ("NEWSROOM_MODE", "production", "mail.smtp_url"),
            ("NEWSROOM_PURGE__URLS", "http://127.0.0.1:6081, cache", "purge.urls"),
            ("NEWSROOM_PURGE__URLS", "http://a:secret@cache/", "purge.urls"),
            ("NEWSROOM_PURGE__KIND", "soft", "soft"),
            ("NEWSROOM_PURGE__HEADER", "secret", "purge.header"),
            ("NEWSROOM_PURGE__MAX_AGE", "0", "purge.max_age"),
        ] {
            let error = format!("{:#}", load(&[(name, value)]).unwrap_err());
            assert!(error.contains(told), "{name}={value}: {error}");
        }
    }

    #[test]
    fn hides_secrets() {
        let config = load(&[("NEWSROOM_DATABASE__URL", "postgres://u:hush@h/d")]).unwrap();
        assert!(!format!("{config:?}").contains("hush"));
        assert!(!config.to_toml().unwrap().contains("hush"));
    }

    #[test]
    fn what_is_printed_can_be_read_again() {
        let config = load(&[
            ("NEWSROOM_METRICS__BIND", "off"),
            ("NEWSROOM_HTTP__TRUSTED_PROXIES", "10.0.0.0/8"),
            ("NEWSROOM_SITE__ARTICLE_URL__KK", "https://kk.example/{slug}"),
            ("NEWSROOM_PURGE__URLS", "http://127.0.0.1:6081/, http://127.0.0.2:6081/"),
            ("NEWSROOM_PURGE__KIND", "http"),
        ]);
        let printed = config.unwrap().to_toml().unwrap();
        let again: Config = toml::from_str(&printed).unwrap();
        assert_eq!(again.to_toml().unwrap(), printed);
        assert!(printed.contains("bind = \"off\"") && printed.contains("10.0.0.0/8"), "{printed}");
    }
}
