//! The command line.

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use newsroom::config::Config;
use newsroom::db::TextEnum;
use newsroom::policy::Role;
use newsroom::{admin, api, articles, audit, backup, publication, seed, serve, telemetry};
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A headless newsroom for agencies that publish together.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Where to keep the database, keys and mail, in place of the setting.
    #[arg(long, global = true)]
    data_dir: Option<PathBuf>,
    /// Where to listen, in place of the setting.
    #[arg(long, global = true)]
    bind: Option<SocketAddr>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (what happens without a command).
    Serve,
    /// Bring the database up to date, and stop.
    Migrate,
    /// Print the OpenAPI document.
    Openapi,
    /// Fill an empty database with the demo newsroom.
    Seed,
    /// Print the settings in force, without secrets.
    Config,
    /// Manage staff where nobody can sign in yet.
    #[command(subcommand)]
    Staff(Staff),
    /// Manage the keys that sign access tokens.
    #[command(subcommand)]
    Keys(Keys),
    /// Check the audit log, and sign where it stands.
    #[command(subcommand)]
    Audit(Audit),
    /// Manage the index that readers search.
    #[command(subcommand)]
    Search(Search),
    /// Copy the database, the keys and the checkpoints into a new folder, while the service runs.
    Backup { folder: PathBuf },
    /// Bring a backup into an empty data directory.
    Restore { folder: PathBuf },
}

#[derive(Subcommand)]
enum Staff {
    /// Make an active staff member, and print a first password.
    Create {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        /// Slug of the agency; the platform is made where there is no agency yet.
        #[arg(long, default_value = "platform")]
        agency: String,
        #[arg(long, default_value = "admin", value_parser = parse_role)]
        role: Role,
    },
    /// Give somebody a new password, print it, and end their sessions.
    ResetPassword {
        #[arg(long)]
        email: String,
    },
}

#[derive(Subcommand)]
enum Keys {
    /// Make the keys that are missing, and print the id of the one that signs.
    Create,
    /// Make a new signing key, which signs from the next start on; the old ones still verify.
    Rotate,
}

#[derive(Subcommand)]
enum Audit {
    /// Look for entries that were edited, removed, inserted or moved, also while the service runs; fails when it finds something.
    Verify,
    /// Sign the log as it is now, as the service does every minute.
    Checkpoint,
}

#[derive(Subcommand)]
enum Search {
    /// Index all that is public and all work in progress anew, also while the service runs: every text is found meanwhile.
    Reindex,
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::ALL.iter().copied().find(|role| role.as_str() == text).ok_or_else(|| "must be journalist, editor or admin".to_owned())
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        bail!("TLS cannot be set up");
    }
    let cli = Cli::parse();
    if let Some(Command::Openapi) = cli.command {
        return print(&serde_json::to_string_pretty(api::document())?);
    }
    let mut config = Config::load(std::env::vars())?;
    if let Some(folder) = cli.data_dir {
        config.data_dir = folder;
    }
    if let Some(address) = cli.bind {
        if config.public_url == format!("http://{}", config.http.bind) {
            config.public_url = format!("http://{address}");
        }
        config.http.bind = address;
    }
    telemetry::init(&config.log)?;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(config).await,
        Command::Openapi => Ok(()),
        Command::Config => print(config.to_toml()?.trim_end()),
        Command::Migrate => {
            serve::open(config).await?;
            print("the database is up to date")
        }
        Command::Seed => {
            let state = serve::open(config).await?;
            match seed::ensure(&state).await? {
                Some(password) => print(&seed::welcome(&state.config.public_url, &password)),
                None => bail!("the database is not empty"),
            }
        }
        Command::Staff(Staff::Create { email, name, agency, role }) => {
            let password = admin::create_staff(&serve::open(config).await?, &email, &name, &agency, role).await?;
            print(&format!("{email} can sign in with the password {password}"))
        }
        Command::Staff(Staff::ResetPassword { email }) => {
            let password = admin::reset_password(&serve::open(config).await?, &email).await?;
            print(&format!("{email} can sign in with the password {password}"))
        }
        Command::Keys(Keys::Create) => {
            let state = serve::open(config).await?;
            print(state.secrets.signing.first().map_or("there is no key", |key| &key.kid))
        }
        Command::Keys(Keys::Rotate) => print(&admin::rotate_keys(&config).await?),
        Command::Audit(Audit::Verify) => verify_audit(&config).await,
        Command::Audit(Audit::Checkpoint) => print(&format!("the audit log is signed up to entry {}", audit::command_checkpoint(&config).await?)),
        Command::Search(Search::Reindex) => {
            let state = serve::open(config).await?;
            // What is public is last: with it, the version of the index is noted.
            let work = articles::reindex(&state).await?;
            let public = publication::reindex(&state).await?;
            print(&format!("{public} public texts and {work} texts of the house are indexed"))
        }
        Command::Backup { folder } => {
            backup::backup(&config, &folder).await.context("no backup was made")?;
            print(&format!("backed up to {}", folder.display()))
        }
        Command::Restore { folder } => {
            backup::restore(&config, &folder).context("nothing was restored")?;
            print(&format!("restored from {}", folder.display()))
        }
    }
}

async fn verify_audit(config: &Config) -> anyhow::Result<()> {
    let report = audit::command_verify(config).await?;
    for finding in &report.findings {
        print(finding)?;
    }
    if report.findings.is_empty() {
        return print(&report.summary());
    }
    bail!(report.summary())
}

fn print(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}")?;
    Ok(())
}
