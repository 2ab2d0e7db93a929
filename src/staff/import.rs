//! Hiring many people at once.

use super::rows::{self, Row};
use super::{Entry, NewStaff, store, trace};
use crate::answer::Answer;
use crate::audit::{self, Action, By};
use crate::auth::{self, Caller};
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Fault, Faults, Result};
use crate::extract::Raw;
use crate::idempotency::Write;
use crate::policy::{Actor, ManageStaff};
use crate::state::State;
use crate::{publication, text_enum};
use actix_web::post;
use actix_web::web::Data;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(import_staff);
}

text_enum! {
    /// What became of a row.
    pub enum ImportOutcome {
        /// The person is new, and a message is on its way to them.
        Invited = "invited",
        /// The agency has somebody with this e-mail address; nothing was changed or sent.
        Exists = "exists",
        /// `errors` says why; nothing was changed or sent.
        Failed = "failed",
    }
}

/// What became of one row.
#[derive(Debug, Serialize, ToSchema)]
struct ImportedRow {
    /// Counted from 1, without the header.
    row: u32,
    /// As the row has it; `null` where it has none.
    email: Option<String>,
    outcome: ImportOutcome,
    /// Of the staff member, new or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    /// The faults of a row that failed. Pointers are into the row, with the members of the JSON form.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<Fault>>,
}

/// How many rows became what.
#[derive(Debug, Default, Serialize, ToSchema)]
struct ImportTotals {
    invited: u32,
    exists: u32,
    failed: u32,
}

/// What became of an import, row by row.
#[derive(Debug, Serialize, ToSchema)]
struct StaffImport {
    items: Vec<ImportedRow>,
    totals: ImportTotals,
}

/// Import staff
///
/// Invites up to 500 people at once, and answers row by row. A row that fails changes nothing, and does not keep the others
/// from being invited; a person whom the agency has already stays as they are, so a file can be sent again without harm.
///
/// As `application/json`: an array of what `POST /v1/staff` takes, or an object with this array as `staff`. As `text/csv`
/// (UTF-8, with `,` or `;` between the cells): a header with `email`, `role`, `languages` (with blanks or `;` between) and
/// `name`, which is in the first of the languages; or `name:kk`, `name:en` and so on for names by language. `agency`,
/// `byline` (`true` or `false`), `bio` and `bio:kk` may be there.
#[utoipa::path(tag = "staff",
    request_body(content(
        (Vec<NewStaff> = "application/json", example = json!([
            {"email": "aruzhan.bek@house.example", "role": "journalist", "languages": ["kk", "ru"], "names": {"kk": "Аружан Бек"}, "byline": true},
            {"email": "timur.akhmet@house.example", "role": "editor", "languages": ["ru", "en"], "names": {"ru": "Тимур Ахмет", "en": "Timur Akhmet"}}
        ])),
        (String = "text/csv", example = json!("email,role,languages,name,name:en,byline\nmadina.omar@house.example,journalist,kk ru,Мәдина Омар,Madina Omar,true\n"))
    )),
    responses((status = 200, description = "What became of each row", body = StaffImport)))]
#[post("/staff/import")]
async fn import_staff(state: Data<State>, caller: Caller<ManageStaff>, write: Write, raw: Raw) -> Result<Answer> {
    let rows = rows::read(&raw)?;
    let now = state.clock.now();
    write.run(&caller, async |tx| Answer::ok(&import(tx, &state, &caller, rows, now).await?)).await
}

async fn import(tx: &mut Tx, state: &State, actor: &Actor, rows: Vec<Row>, now: Timestamp) -> Result<StaffImport> {
    let mut first = BTreeMap::new();
    let mut traces = vec![];
    let mut answer = StaffImport { items: Vec::with_capacity(rows.len()), totals: ImportTotals::default() };
    for Row { number, email, read } in rows {
        // A row that fails takes no address.
        let same = match (&read, &email) {
            (Ok(_), Some(email)) => Some(*first.entry(auth::email_key(email)).or_insert(number)),
            _ => None,
        };
        let done = match (same.filter(|earlier| *earlier != number), read) {
            (_, Err(faults)) => Err(faults),
            (Some(earlier), Ok(_)) => Err(fault("duplicate", format!("is in row {earlier} already"))),
            (None, Ok(new)) => hire(tx, state, actor, &new, &mut traces, now).await?,
        };
        let (outcome, id, errors) = match done {
            Ok((outcome, id)) => (outcome, Some(id), None),
            Err(faults) => (ImportOutcome::Failed, None, Some(faults)),
        };
        match outcome {
            ImportOutcome::Invited => answer.totals.invited += 1,
            ImportOutcome::Exists => answer.totals.exists += 1,
            ImportOutcome::Failed => answer.totals.failed += 1,
        }
        answer.items.push(ImportedRow { row: number, email, outcome, id, errors });
    }
    // At the end, for nobody else signs in or publishes from here on.
    audit::record_all(tx, By::from(actor), traces, now).await?;
    Ok(answer)
}

/// Invites the person of a row that is whole, or says why not.
async fn hire(
    tx: &mut Tx,
    state: &State,
    actor: &Actor,
    new: &NewStaff,
    traces: &mut Vec<audit::Entry<'static>>,
    now: Timestamp,
) -> Result<Result<(ImportOutcome, Uuid), Vec<Fault>>> {
    let mut faults = Faults::default();
    let agency = match store::place(tx, actor, new.agency.as_deref(), &mut faults).await {
        Ok(agency) => agency,
        Err(error) if error.code == Code::Forbidden => {
            faults.add("/agency", "forbidden", "is not yours; only admins of the platform hire for another agency");
            None
        }
        Err(error) => return Err(error),
    };
    if let Err(error) = faults.finish() {
        return Ok(Err(error.faults));
    }
    let agency = agency.unwrap_or(actor.agency);
    if let Some(member) = store::insert(tx, new, agency, Entry::Invited, Some(actor.id()), now).await? {
        store::send_invitation(tx, state, member.id, now).await?;
        publication::refresh_staff(tx, member.id, now).await?;
        traces.push(trace(&member, Action::StaffInvited, json!({ "role": member.role, "import": true })));
        return Ok(Ok((ImportOutcome::Invited, member.id)));
    }
    // Which other agency it is does not concern the caller.
    Ok(match store::find_email(&mut *tx, &new.email).await? {
        Some((id, theirs)) if theirs == agency => Ok((ImportOutcome::Exists, id)),
        _ => Err(fault("already_exists", "is the address of somebody in the house already".to_owned())),
    })
}

/// The only fault of a row, of its e-mail address.
fn fault(code: &'static str, detail: String) -> Vec<Fault> {
    vec![Fault { pointer: Some("/email".to_owned()), parameter: None, code: code.into(), detail }]
}
