//! E-mail: a trait, a real SMTP client, and a default that writes messages to files.

use crate::config::Config;
use crate::secrets::make_folder;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, MIME_VERSION_1_0};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use uuid::Uuid;

/// A plain text message.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// Sends messages.
pub trait Mailer: Send + Sync {
    /// # Errors
    /// When the message could not be handed over; it may be tried again.
    fn send(&self, mail: Mail) -> Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send + '_>>;
}

/// The mailer that the settings ask for.
///
/// # Errors
/// When the settings cannot be used.
pub fn from_config(config: &Config) -> anyhow::Result<Arc<dyn Mailer>> {
    let from: Mailbox = config.mail.from.parse()?;
    Ok(match &config.mail.smtp_url {
        Some(url) => Arc::new(Smtp { from, transport: AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose())?.build() }),
        None => Arc::new(Outbox { from, folder: config.data_dir.join("outbox") }),
    })
}

fn compose(from: &Mailbox, mail: Mail) -> anyhow::Result<Message> {
    Ok(Message::builder()
        .from(from.clone())
        .to(mail.to.parse()?)
        .subject(mail.subject)
        .message_id(None)
        .header(MIME_VERSION_1_0)
        .header(ContentType::TEXT_PLAIN)
        .body(mail.text)?)
}

/// Hands messages to a server (RFC 5321).
struct Smtp {
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Mailer for Smtp {
    fn send(&self, mail: Mail) -> Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send + '_>> {
        Box::pin(async move {
            self.transport.send(compose(&self.from, mail)?).await?;
            Ok(())
        })
    }
}

/// Writes messages as `.eml` files (RFC 5322).
struct Outbox {
    from: Mailbox,
    folder: PathBuf,
}

impl Mailer for Outbox {
    fn send(&self, mail: Mail) -> Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send + '_>> {
        Box::pin(async move {
            let message = compose(&self.from, mail)?.formatted();
            make_folder(&self.folder)?;
            crate::secrets::write_private(&self.folder.join(format!("{}.eml", Uuid::now_v7())), &message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_outbox_keeps_what_was_sent() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox { from: "Newsroom <newsroom@localhost>".parse().unwrap(), folder: folder.path().join("outbox") };
        let mail = Mail { to: "a@example.org".into(), subject: "Қош келдіңіз".into(), text: "Сәлем\n".into() };
        outbox.send(mail).await.unwrap();
        let file = std::fs::read_dir(folder.path().join("outbox")).unwrap().next().unwrap().unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(text.contains("To: a@example.org") && text.contains("Subject: =?utf-8?"), "{text}");
    }
}
