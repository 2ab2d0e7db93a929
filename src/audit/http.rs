//! Reading and exporting the log.

use super::export::{self, ExportedEntry};
use super::store::{self, AuditEntry, AuditFilter};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::error::{Error, Result};
use crate::extract::Query;
use crate::page::Page;
use crate::policy::ReadAudit;
use crate::state::State;
use crate::text_enum;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_audit_entries).service(export_audit_entries);
}

/// List the audit log
///
/// Who did what, the newest first: publishing and withdrawing, people and their roles, sign-ins, keys, agencies, sections. Admins of an
/// agency read the entries of their agency, admins of the platform all.
#[utoipa::path(tag = "audit", params(AuditFilter), responses((status = 200, description = "A page of entries", body = Page<AuditEntry>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/audit")]
async fn list_audit_entries(state: Data<State>, request: HttpRequest, caller: Caller<ReadAudit>, Query(filter): Query<AuditFilter>) -> Result<Answer> {
    store::list(&state.db, &caller, &filter).await?.answer(&state.url("/v1/audit"), request.query_string())
}

text_enum! {
    pub enum ExportFormat {
        Ndjson = "ndjson",
        Csv = "csv",
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportOrder {
    /// The last entry that you have; 0 where nothing is said.
    #[param(minimum = 0)]
    after_seq: Option<i64>,
    /// 1 to 5000; 1000 where nothing is said.
    #[param(minimum = 1, maximum = 5000)]
    limit: Option<u16>,
    /// `ndjson` where neither this nor `Accept: text/csv` says otherwise.
    #[param(value_type = Option<ExportFormat>, inline)]
    format: Option<ExportFormat>,
}

const MOST: u16 = 5_000;

/// Export the audit log
///
/// In the order of the chain, as `application/x-ndjson` or `text/csv`. Ask again with the `seq` of the last line as `after_seq`, or follow
/// `Link: …; rel="next"`, which is there while there may be more. Admins of an agency get the entries of their agency, admins of the platform all.
///
/// To verify a line: `hash` is SHA-256 over the 32 bytes that `previous_hash` writes in hexadecimal digits, followed by the bytes of
/// `hashed` in UTF-8. `hashed` is a JSON array without blanks, `[seq, at, actor kind, actor id, agency id, action, subject id, language,
/// details]`: `at` in microseconds since 1970, ids as lowercase UUIDs, `details` as a string of JSON, in strings only `"`, `\` and control
/// characters escaped; the other members of the line are read from it. In the export of the platform `previous_hash` is the `hash` of the
/// line before; that of entry 1 is random, the beginning of the chain of this house. Checkpoints that the house has signed,
/// `{seq, hash, at, kid, signature}`, are Ed25519 over `newsroom audit checkpoint`, `seq`, `hash` and `at`, each with a line feed after it,
/// by a key of `/.well-known/jwks.json`.
#[utoipa::path(tag = "audit", params(ExportOrder),
    responses((status = 200, description = "Entries, the oldest first", content((ExportedEntry = "application/x-ndjson"), (String = "text/csv")))))]
#[get("/audit/export")]
async fn export_audit_entries(state: Data<State>, request: HttpRequest, caller: Caller<ReadAudit>, Query(order): Query<ExportOrder>) -> Result<HttpResponse> {
    let limit = order.limit.unwrap_or(1_000);
    if !(1..=MOST).contains(&limit) {
        return Err(Error::parameter("limit", format!("must be from 1 to {MOST}")));
    }
    let format = order.format.unwrap_or_else(|| accepted(&request));
    let after = order.after_seq.unwrap_or(0);
    if after < 0 {
        return Err(Error::parameter("after_seq", "must be 0 or more"));
    }
    let entries = store::after(&state.db, &caller, after, limit).await?;
    let mut response = HttpResponse::Ok();
    if let Some(last) = entries.last().filter(|_| entries.len() == usize::from(limit)) {
        let address = state.url(&format!("/v1/audit/export?after_seq={}&limit={limit}&format={format}", last.row.seq));
        response.insert_header((header::LINK, format!("<{address}>; rel=\"next\"")));
    }
    Ok(match format {
        ExportFormat::Ndjson => response.content_type("application/x-ndjson").body(export::ndjson(entries)?),
        ExportFormat::Csv => response.content_type("text/csv; charset=utf-8").body(export::csv(entries)?),
    })
}

fn accepted(request: &HttpRequest) -> ExportFormat {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.to_ascii_lowercase().contains("text/csv") { ExportFormat::Csv } else { ExportFormat::Ndjson }
}
