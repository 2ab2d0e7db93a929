//! Switches: order one, see how far it is, stop it.

use super::job::{self, RunSwitch, record};
use super::{OrthographySwitch, SwitchOutcome, SwitchProgress, SwitchState, SwitchedText, store};
use crate::agencies;
use crate::answer::Answer;
use crate::audit::{Action, By};
use crate::auth::Caller;
use crate::db::Tx;
use crate::error::{Code, Error, Faults, Result};
use crate::extract::{Body, List, Path, Query};
use crate::idempotency::Write;
use crate::jobs;
use crate::language::{CONVERSIONS, Tag, conversion};
use crate::page::{Asked, Page};
use crate::policy::{Actor, ManageOrthographies};
use crate::precondition::{IfMatch, Precondition};
use crate::state::State;
use crate::when;
use actix_web::web::Data;
use actix_web::{HttpRequest, get, post};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_orthography_switches)
        .service(create_orthography_switch)
        .service(get_orthography_switch)
        .service(list_orthography_switch_texts)
        .service(cancel_orthography_switch);
}

#[derive(Deserialize, IntoParams)]
struct SwitchPath {
    id: Uuid,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"language": "uz", "to": "2026", "at": "2026-09-01T00:00", "time_zone": "Asia/Tashkent"}))]
struct NewOrthographySwitch {
    language: Tag,
    /// The alphabet from then on: `2026` of Uzbek, or `1995`, where it is to be as it was.
    #[schema(max_length = 40)]
    to: String,
    /// A time of day in `time_zone`, or an instant with its offset or `Z`.
    at: String,
    /// IANA.
    time_zone: Option<String>,
    /// Which of two, where the clocks are put back: `+03:00`.
    offset: Option<String>,
    /// Id or slug of the agency whose texts they are. Without it, yours; for staff of the platform, those of all.
    agency: Option<String>,
}

impl NewOrthographySwitch {
    /// Notes where there is no such alphabet.
    fn check(&self, faults: &mut Faults) {
        if conversion(&self.language, &self.language, Some(&self.to)).is_some() {
            return;
        }
        let within = || CONVERSIONS.iter().filter(|way| way.from == way.to);
        let known: Vec<&str> = within().filter(|way| way.to == self.language.as_str()).filter_map(|way| way.orthography).collect();
        if known.is_empty() {
            let mut languages: Vec<&str> = within().map(|way| way.to).collect();
            languages.dedup();
            faults.add("/language", "no_way", format!("has one alphabet here; several have: {}", languages.join(", ")));
        } else {
            faults.add("/to", "unknown_orthography", format!("is no alphabet of {}; use {}", self.language, known.join(" or ")));
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SwitchFilter {
    #[param(value_type = Option<String>, example = "waiting,running")]
    state: Option<List<SwitchState>>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SwitchedTextFilter {
    #[param(value_type = Option<String>, example = "left_alone,failed")]
    outcome: Option<List<SwitchOutcome>>,
    /// Only those with words that somebody should look at, or only those without.
    doubtful: Option<bool>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
}

/// List the switches of alphabets
///
/// Those of your agency and of all, the newest first.
#[utoipa::path(tag = "orthographies", params(SwitchFilter), responses((status = 200, description = "A page of switches", body = Page<OrthographySwitch>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/orthography-switches")]
async fn list_orthography_switches(
    state: Data<State>,
    request: HttpRequest,
    caller: Caller<ManageOrthographies>,
    Query(filter): Query<SwitchFilter>,
) -> Result<Answer> {
    let asked = Asked::<Uuid>::read(filter.limit, filter.cursor.as_deref(), &filter.state)?;
    let mut query = store::visible(&state.db, &caller).push_some(" AND id < ", asked.after);
    if let Some(states) = &filter.state {
        query = query.push(" AND state IN (").push_list(states.0.iter().copied()).push(")");
    }
    let switches: Vec<OrthographySwitch> = query.push(" ORDER BY id DESC LIMIT ").push_bind(asked.fetch()).all().await?;
    let mut page = asked.page(switches, |switch| switch.id);
    store::count(&state.db, &mut page.data).await?;
    page.answer(&state.url("/v1/orthography-switches"), request.query_string())
}

/// Order a switch of alphabets
///
/// At its time the texts of the language that are written in another of its alphabets are converted, one by one, in the background. Their
/// addresses stay. What is public as it was written last is published as a fix; drafts stay drafts, and what is in review stays in review.
/// Left alone is what was killed or withheld, what is approved, and what is written in the other alphabet already. From then on new texts
/// are in the new one. One switch of a language can wait or run for an agency, and one for all.
#[utoipa::path(tag = "orthographies", request_body = NewOrthographySwitch, responses((status = 201, description = "It waits", body = OrthographySwitch)),
    extensions(("x-problems" = json!(["already_exists"]))))]
#[post("/orthography-switches")]
async fn create_orthography_switch(
    state: Data<State>,
    caller: Caller<ManageOrthographies>,
    write: Write,
    Body(new): Body<NewOrthographySwitch>,
) -> Result<Answer> {
    let mut faults = Faults::default();
    new.check(&mut faults);
    let said = when::Said { at: &new.at, time_zone: new.time_zone.as_deref(), offset: new.offset.as_deref() };
    let moment = when::read(said, "/at", &state.clock, &mut faults);
    faults.finish()?;
    let run_at = moment.ok_or_else(|| Error::internal("a time without faults was not read"))?.at;
    write
        .run(&caller, async |tx| {
            let now = state.clock.now();
            let agency_id = owner(tx, &caller, new.agency.as_deref()).await?;
            let by = caller.id();
            let switch = OrthographySwitch {
                id: Uuid::now_v7(),
                agency_id,
                language: new.language,
                to: new.to,
                run_at,
                state: SwitchState::Waiting,
                started_at: None,
                finished_at: None,
                created_by: by,
                created_at: now,
                updated_at: now,
                updated_by: by,
                progress: SwitchProgress::default(),
                version: 1,
            };
            store::insert(tx, &switch).await?;
            jobs::enqueue(&mut *tx, &RunSwitch::of(switch.id), run_at, now).await?;
            record(tx, By::from(&*caller), Action::OrthographySwitchOrdered, &switch, json!({}), now).await?;
            let switch = whole(tx, switch).await?;
            Ok(Answer::created(state.url(&format!("/v1/orthography-switches/{}", switch.id)), &switch)?.version(switch.version))
        })
        .await
}

/// Whose texts a switch is of: an agency's, or all (`None`).
async fn owner(tx: &mut Tx, actor: &Actor, name: Option<&str>) -> Result<Option<Uuid>> {
    let agency = match name {
        None if actor.platform => return Ok(None),
        None => actor.agency,
        Some(name) => agencies::find_id(&mut *tx, name).await.map_err(|_| Error::invalid("/agency", "unknown_agency", "names no agency that there is"))?,
    };
    admit(actor, Some(agency))?;
    Ok(Some(agency))
}

/// Lets pass who may switch: an admin of the agency, or of the platform.
fn admit(actor: &Actor, agency: Option<Uuid>) -> Result<()> {
    if actor.platform || agency == Some(actor.agency) {
        return Ok(());
    }
    Err(Error::new(Code::Forbidden, "Only admins of the agency, and of the platform for all, may switch its alphabet."))
}

/// A switch with how far it is, and how far it has to go.
async fn whole(tx: &mut Tx, switch: OrthographySwitch) -> Result<OrthographySwitch> {
    let mut switches = [switch];
    store::count(&mut *tx, &mut switches).await?;
    let [mut switch] = switches;
    if matches!(switch.state, SwitchState::Waiting | SwitchState::Running) {
        switch.progress.remaining = Some(store::count_left(tx, &switch).await?);
    }
    Ok(switch)
}

/// Read a switch of alphabets
///
/// With how far it is.
#[utoipa::path(tag = "orthographies", params(SwitchPath), responses((status = 200, description = "The switch", body = OrthographySwitch)))]
#[get("/orthography-switches/{id}")]
async fn get_orthography_switch(state: Data<State>, caller: Caller<ManageOrthographies>, Path(path): Path<SwitchPath>) -> Result<Answer> {
    let mut switches = [store::find(&state.db, &caller, path.id).await?];
    store::count(&state.db, &mut switches).await?;
    let [mut switch] = switches;
    if matches!(switch.state, SwitchState::Waiting | SwitchState::Running) {
        switch.progress.remaining = Some(store::count_left(&state.db, &switch).await?);
    }
    Ok(Answer::ok(&switch)?.version(switch.version))
}

/// List the texts of a switch
///
/// What became of each text so far, by article. Of a switch for all, staff of an agency see their own.
#[utoipa::path(tag = "orthographies", params(SwitchPath, SwitchedTextFilter), responses((status = 200, description = "A page of texts", body = Page<SwitchedText>)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/orthography-switches/{id}/texts")]
async fn list_orthography_switch_texts(
    state: Data<State>,
    request: HttpRequest,
    caller: Caller<ManageOrthographies>,
    Path(path): Path<SwitchPath>,
    Query(filter): Query<SwitchedTextFilter>,
) -> Result<Answer> {
    let asked = Asked::<Uuid>::read(filter.limit, filter.cursor.as_deref(), &(path.id, &filter.outcome, filter.doubtful))?;
    let switch = store::find(&state.db, &caller, path.id).await?;
    let mut query = store::texts(&state.db, &caller, switch.id).push_some(" AND article_id > ", asked.after);
    if let Some(outcomes) = &filter.outcome {
        query = query.push(" AND outcome IN (").push_list(outcomes.0.iter().copied()).push(")");
    }
    query = match filter.doubtful {
        Some(true) => query.push(" AND doubtful > 0"),
        Some(false) => query.push(" AND doubtful = 0"),
        None => query,
    };
    let texts: Vec<SwitchedText> = query.push(" ORDER BY article_id LIMIT ").push_bind(asked.fetch()).all().await?;
    let address = state.url(&format!("/v1/orthography-switches/{}/texts", path.id));
    asked.page(texts, |text| text.article_id).answer(&address, request.query_string())
}

/// Cancel a switch of alphabets
///
/// Before it runs, or to stop it: what was converted by then stays so, and new texts take the alphabet of before.
#[utoipa::path(tag = "orthographies", params(SwitchPath, IfMatch), responses((status = 200, description = "Canceled", body = OrthographySwitch)),
    extensions(("x-problems" = json!(["illegal_transition"]))))]
#[post("/orthography-switches/{id}/cancel")]
async fn cancel_orthography_switch(
    state: Data<State>,
    caller: Caller<ManageOrthographies>,
    Path(path): Path<SwitchPath>,
    precondition: Precondition,
    write: Write,
) -> Result<Answer> {
    write
        .run(&caller, async |tx| {
            let now = state.clock.now();
            let switch = store::find(&mut *tx, &caller, path.id).await?;
            admit(&caller, switch.agency_id)?;
            precondition.check(switch.standing())?;
            if !store::advance(tx, switch.id, SwitchState::Canceled, caller.id(), now).await? {
                let detail = format!("A switch that is {} cannot be canceled.", switch.state);
                return Err(Error::new(Code::IllegalTransition, detail).with("state", switch.state.as_str()));
            }
            jobs::forget(&mut *tx, &job::key(switch.id)).await?;
            record(tx, By::from(&*caller), Action::OrthographySwitchCanceled, &switch, json!({ "was": switch.state }), now).await?;
            let canceled = store::find(&mut *tx, &caller, path.id).await?;
            let canceled = whole(tx, canceled).await?;
            Ok(Answer::ok(&canceled)?.version(canceled.version))
        })
        .await
}
