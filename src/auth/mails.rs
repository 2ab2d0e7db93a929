//! The messages that bring one-time links.

use super::links::{self, Purpose};
use crate::db::Reader;
use crate::jobs::Job;
use crate::language::Tag;
use crate::mail::Mail;
use crate::names::{self, Names};
use crate::state::State;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

/// Tells somebody that they are invited.
#[derive(Debug, Serialize, Deserialize)]
pub struct InvitationMail {
    pub link: Uuid,
}

/// Brings somebody a link to set a new password.
#[derive(Debug, Serialize, Deserialize)]
pub struct ResetMail {
    pub link: Uuid,
}

impl Job for InvitationMail {
    const KIND: &'static str = "mail.invitation";

    async fn run(self, state: &State) -> anyhow::Result<()> {
        send(state, self.link, Purpose::Invitation).await
    }
}

impl Job for ResetMail {
    const KIND: &'static str = "mail.password_reset";

    async fn run(self, state: &State) -> anyhow::Result<()> {
        send(state, self.link, Purpose::PasswordReset).await
    }
}

#[derive(FromRow)]
struct Recipient {
    email: String,
    names: Json<Names>,
    languages: Json<Vec<Tag>>,
    agency_names: Json<Names>,
}

async fn send(state: &State, link: Uuid, purpose: Purpose) -> anyhow::Result<()> {
    let recipient: Option<Recipient> = state
        .db
        .query(
            "SELECT s.email, s.names, s.languages, a.names AS agency_names FROM links l JOIN staff s ON s.id = l.staff_id \
             JOIN agencies a ON a.id = s.agency_id WHERE l.id = $1 AND l.used_at IS NULL AND l.expires_at > $2",
        )
        .bind(link)
        .bind(state.clock.now())
        .optional()
        .await?;
    // A link that was replaced meanwhile needs no message.
    let Some(to) = recipient else { return Ok(()) };
    let language = to.languages.first().map_or("en", |tag| tag.language());
    let tag = Tag::parse(language)?;
    let (subject, text) = words(language, purpose);
    let secret = links::secret(&state.secrets.refresh, link);
    let address = state.config.site.token_url.as_ref().map_or_else(|| secret.clone(), |template| template.replace("{token}", &secret));
    let text = format!(
        "{}\n\n{}\n\n{address}\n\n{}\n",
        names::pick(&to.names, &tag),
        text.replace("{agency}", names::pick(&to.agency_names, &tag)),
        state.config.public_url
    );
    state.mailer.send(Mail { to: to.email, subject: subject.to_owned(), text }).await
}

/// Subject and text, in the first working language.
fn words(language: &str, purpose: Purpose) -> (&'static str, &'static str) {
    match (language, purpose) {
        ("az", Purpose::Invitation) => {
            ("Redaksiyaya dəvət", "{agency} sizi redaksiyaya dəvət edir. Parolunuzu təyin etmək üçün bu birdəfəlik keçiddən istifadə edin:")
        }
        ("az", Purpose::PasswordReset) => {
            ("Yeni parol", "Yeni parol təyin etmək üçün bu birdəfəlik keçiddən istifadə edin. Siz istəməmisinizsə, heç nə etməyin:")
        }
        ("tr", Purpose::Invitation) => {
            ("Haber merkezine davet", "{agency} sizi haber merkezine davet ediyor. Parolanızı belirlemek için bu tek kullanımlık bağlantıyı kullanın:")
        }
        ("tr", Purpose::PasswordReset) => {
            ("Yeni parola", "Yeni parola belirlemek için bu tek kullanımlık bağlantıyı kullanın. Siz istemediyseniz hiçbir şey yapmayın:")
        }
        ("kk", Purpose::Invitation) => ("Редакцияға шақыру", "{agency} сізді редакцияға шақырады. Құпиясөз орнату үшін осы бір реттік сілтемені пайдаланыңыз:"),
        ("kk", Purpose::PasswordReset) => {
            ("Жаңа құпиясөз", "Жаңа құпиясөз орнату үшін осы бір реттік сілтемені пайдаланыңыз. Сіз сұрамаған болсаңыз, ештеңе істемеңіз:")
        }
        ("ky", Purpose::Invitation) => ("Редакцияга чакыруу", "{agency} сизди редакцияга чакырат. Сырсөз коюу үчүн бул бир жолку шилтемени колдонуңуз:"),
        ("ky", Purpose::PasswordReset) => ("Жаңы сырсөз", "Жаңы сырсөз коюу үчүн бул бир жолку шилтемени колдонуңуз. Эгер сиз сурабасаңыз, эч нерсе кылбаңыз:"),
        ("uz", Purpose::Invitation) => {
            ("Tahririyatga taklif", "{agency} sizni tahririyatga taklif qiladi. Parol oʻrnatish uchun ushbu bir martalik havoladan foydalaning:")
        }
        ("uz", Purpose::PasswordReset) => {
            ("Yangi parol", "Yangi parol oʻrnatish uchun ushbu bir martalik havoladan foydalaning. Soʻramagan boʻlsangiz, hech narsa qilmang:")
        }
        ("tk", Purpose::Invitation) => ("Redaksiýa çakylyk", "{agency} sizi redaksiýa çagyrýar. Açar söz bellemek üçin bu bir gezeklik salgydan peýdalanyň:"),
        ("tk", Purpose::PasswordReset) => {
            ("Täze açar söz", "Täze açar söz bellemek üçin bu bir gezeklik salgydan peýdalanyň. Siz soramadyk bolsaňyz, hiç zat etmäň:")
        }
        ("ru", Purpose::Invitation) => {
            ("Приглашение в редакцию", "{agency} приглашает вас в редакцию. Чтобы задать пароль, воспользуйтесь этой одноразовой ссылкой:")
        }
        ("ru", Purpose::PasswordReset) => {
            ("Новый пароль", "Чтобы задать новый пароль, воспользуйтесь этой одноразовой ссылкой. Если вы об этом не просили, ничего не делайте:")
        }
        (_, Purpose::Invitation) => {
            ("Invitation to the newsroom", "{agency} invites you to the newsroom. Use this link, which works once, to set your password:")
        }
        (_, Purpose::PasswordReset) => ("A new password", "Use this link, which works once, to set a new password. If you did not ask for it, do nothing:"),
    }
}
