//! Asking for work: translations in one or many languages at once, and other pieces one by one.

use super::store::{self, New};
use super::{Assignment, AssignmentKind};
use crate::agencies;
use crate::answer::Answer;
use crate::articles::{self, Article, TextOverview};
use crate::auth::Caller;
use crate::db::{Timestamp, Tx};
use crate::error::{Code, Error, Fault, Faults, Result};
use crate::extract::{Body, Object, Path};
use crate::idempotency::Write;
use crate::language::Tag;
use crate::policy::{Actor, AssignWork, Permission, Role};
use crate::staff::{self, Worker};
use crate::state::State;
use actix_web::post;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Languages of one request.
const MOST: usize = 50;

pub fn routes(config: &mut ServiceConfig) {
    config.service(request_translations).service(create_assignment);
}

#[derive(Deserialize, IntoParams)]
struct ArticlePath {
    id: Uuid,
}

/// Translations to ask for: `languages`, all alike, or `requests`, each for itself. What stands beside them holds for each that does not
/// say otherwise.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"languages": ["kk", "ky", "uz"], "due_at": "2027-07-24T18:00:00Z", "note": "Before the evening news, please."}))]
struct TranslationRequests {
    #[schema(max_items = 50)]
    languages: Option<Vec<Tag>>,
    #[schema(max_items = 50, value_type = Option<Vec<TranslationRequest>>)]
    requests: Option<Vec<Object<TranslationRequest>>>,
    /// Id or slug of the agency that is asked. Without it, that of the text, of the assignee, or your own.
    agency: Option<String>,
    /// An active staff member of that agency; without one, its desk is asked.
    assignee: Option<Uuid>,
    due_at: Option<Timestamp>,
    #[schema(min_length = 1, max_length = 2000)]
    note: Option<String>,
}

/// A translation to ask for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TranslationRequest {
    language: Tag,
    agency: Option<String>,
    assignee: Option<Uuid>,
    due_at: Option<Timestamp>,
    #[schema(min_length = 1, max_length = 2000)]
    note: Option<String>,
}

/// A piece of work to ask for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "review", "language": "az", "note": "Please look at the figures."}))]
struct NewAssignment {
    kind: AssignmentKind,
    /// Of the text; without it, that of the original.
    language: Option<Tag>,
    /// Id or slug of the agency that is asked. Without it, that of the text, of the assignee, or your own.
    agency: Option<String>,
    /// An active staff member of that agency; without one, its desk is asked.
    assignee: Option<Uuid>,
    due_at: Option<Timestamp>,
    #[schema(min_length = 1, max_length = 2000)]
    note: Option<String>,
}

/// What was asked for.
#[derive(Serialize, ToSchema)]
struct RequestedTranslations {
    data: Vec<Assignment>,
    /// What is allowed, and yet doubtful: somebody is asked for a language that is not among theirs.
    warnings: Vec<Fault>,
}

/// One piece of what is asked for, wherever it stands in the body.
struct Wanted {
    pointer: String,
    kind: AssignmentKind,
    language: Tag,
    agency: Option<String>,
    assignee: Option<Uuid>,
    due_at: Option<Timestamp>,
    note: Option<String>,
}

impl TranslationRequests {
    fn read(self) -> Result<Vec<Wanted>> {
        let common = (self.agency, self.assignee, self.due_at, self.note);
        let one = |pointer: String, own: TranslationRequest| Wanted {
            pointer,
            kind: AssignmentKind::Translate,
            language: own.language,
            agency: own.agency.or_else(|| common.0.clone()),
            assignee: own.assignee.or(common.1),
            due_at: own.due_at.or(common.2),
            note: own.note.or_else(|| common.3.clone()),
        };
        let plain = |language| TranslationRequest { language, agency: None, assignee: None, due_at: None, note: None };
        let wanted: Vec<Wanted> = match (self.languages, self.requests) {
            (Some(languages), None) => languages.into_iter().enumerate().map(|(i, language)| one(format!("/languages/{i}"), plain(language))).collect(),
            (None, Some(requests)) => requests.into_iter().enumerate().map(|(i, Object(own))| one(format!("/requests/{i}"), own)).collect(),
            _ => return Err(Error::invalid("/languages", "required", "say either `languages` or `requests`")),
        };
        if wanted.is_empty() || wanted.len() > MOST {
            return Err(Error::invalid("/languages", "out_of_range", format!("needs 1 to {MOST} languages")));
        }
        Ok(wanted)
    }
}

/// Request translations
///
/// Asks an agency, or one of its people, to translate the story into languages: all of them or, when one cannot be asked for, none. The
/// people of an agency that is asked may read this story until the work is accepted, declined or canceled, and nothing else of yours; those
/// who have a text of it then still may.
#[utoipa::path(tag = "assignments", params(ArticlePath), request_body = TranslationRequests,
    responses((status = 201, description = "Asked for, in the order of the request", body = RequestedTranslations)),
    extensions(("x-problems" = json!(["already_exists", "illegal_transition"]))))]
#[post("/articles/{id}/translation-requests")]
async fn request_translations(
    state: Data<State>,
    caller: Caller<AssignWork>,
    Path(path): Path<ArticlePath>,
    write: Write,
    Body(order): Body<TranslationRequests>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let (data, warnings) = ask(tx, &caller, path.id, order.read(), now).await?;
            Answer::created(state.url(&format!("/v1/assignments?article={}", path.id)), &RequestedTranslations { data, warnings })
        })
        .await
}

/// Ask for a piece of work
///
/// To write a text anew, to review it, or to translate it. Reviewing is for editors of the text's agency, and for the platform's where the
/// story is shared.
#[utoipa::path(tag = "assignments", params(ArticlePath), request_body = NewAssignment, responses((status = 201, description = "Asked for", body = Assignment)),
    extensions(("x-problems" = json!(["already_exists", "illegal_transition"]))))]
#[post("/articles/{id}/assignments")]
async fn create_assignment(
    state: Data<State>,
    caller: Caller<AssignWork>,
    Path(path): Path<ArticlePath>,
    write: Write,
    Body(new): Body<NewAssignment>,
) -> Result<Answer> {
    let now = state.clock.now();
    write
        .run(&caller, async |tx| {
            let original = match new.language {
                Some(language) => language,
                None => articles::find(&mut *tx, &caller, path.id, now).await?.article.original_language,
            };
            let NewAssignment { kind, agency, assignee, due_at, note, .. } = new;
            let wanted = Wanted { pointer: String::new(), kind, language: original, agency, assignee, due_at, note };
            let (mut made, _) = ask(tx, &caller, path.id, Ok(vec![wanted]), now).await?;
            let made = made.pop().ok_or_else(|| Error::internal("no assignment was made"))?;
            Ok(Answer::created(state.url(&format!("/v1/assignments/{}", made.id)), &made)?.version(made.version))
        })
        .await
}

/// Asks for all that is wanted, or for nothing.
async fn ask(tx: &mut Tx, actor: &Actor, article: Uuid, wanted: Result<Vec<Wanted>>, now: Timestamp) -> Result<(Vec<Assignment>, Vec<Fault>)> {
    // People before stories, as a departure locks them.
    let mut workers = vec![];
    for id in wanted.iter().flatten().filter_map(|wanted| wanted.assignee) {
        workers.push((id, staff::find_worker(&mut *tx, id).await?));
    }
    articles::hold(tx, article).await?;
    let story = articles::reach(&mut *tx, actor, AssignWork::RULE, article, now).await?;
    articles::must_live(&story)?;
    let wanted = wanted?;
    let texts = articles::overviews(&mut *tx, &[article]).await?;
    if texts.iter().any(|text| text.is_original && text.publication == "killed") {
        return Err(Error::new(Code::IllegalTransition, "The original was killed: there is no more work on this story.").with("publication", "killed"));
    }
    let open = store::open(tx, actor, article, None, now).await?;
    let (mut faults, mut taken, mut warnings, mut agencies) = (Faults::default(), Faults::default(), vec![], vec![]);
    for (i, one) in wanted.iter().enumerate() {
        let twice = wanted.iter().take(i).any(|other| other.language == one.language);
        faults.check(!twice, &one.pointer, "duplicate", &format!("{}: is there twice", one.language));
        let known = open.iter().any(|other| other.language == one.language && other.kind == one.kind);
        taken.check(!known, &one.pointer, "already_open", &format!("{}: there is an open assignment to {} it", one.language, one.kind));
        let text = texts.iter().find(|text| text.language == one.language);
        let worker = workers.iter().find(|(id, _)| one.assignee == Some(*id)).and_then(|(_, worker)| worker.as_ref());
        let agency = agency_of(tx, actor, one, text, worker, &mut faults).await?;
        check(one, &story, text, agency, worker, now, &mut faults);
        if worker.is_some_and(|worker| !worker.languages.iter().any(|tag| tag.language() == one.language.language())) {
            let detail = format!("{}: is not a working language of the assignee", one.language);
            warnings.push(Fault { pointer: Some(one.pointer.clone()), parameter: None, code: "not_their_language".into(), detail });
        }
        agencies.push(agency);
    }
    faults.finish()?;
    taken.finish().map_err(|error| Error { faults: error.faults, ..Error::new(Code::AlreadyExists, "There is open work of this kind already.") })?;
    let mut made = vec![];
    for (one, agency) in wanted.iter().zip(agencies) {
        made.push(make(tx, actor, &story, one, agency, now).await?);
    }
    Ok((made, warnings))
}

/// The agency that is asked; a fault where it cannot be.
async fn agency_of(tx: &mut Tx, actor: &Actor, one: &Wanted, text: Option<&TextOverview>, worker: Option<&Worker>, faults: &mut Faults) -> Result<Uuid> {
    let Some(reference) = &one.agency else {
        return Ok(text.map(|text| text.agency_id).or(worker.map(|worker| worker.agency_id)).unwrap_or(actor.agency));
    };
    match agencies::find_active(&mut *tx, reference).await {
        Ok(id) => Ok(id),
        Err(error) if error.code == Code::NotFound => {
            let detail = format!("{}: {reference:?} is not an active agency; GET /v1/agencies?state=active lists them", one.language);
            faults.add(format!("{}/agency", one.pointer), "unknown_agency", detail);
            Ok(actor.agency)
        }
        Err(error) => Err(error),
    }
}

fn check(one: &Wanted, story: &Article, text: Option<&TextOverview>, agency: Uuid, worker: Option<&Worker>, now: Timestamp, faults: &mut Faults) {
    let mut fault = |member: &str, code, detail: &str| faults.add(format!("{}{member}", one.pointer), code, format!("{}: {detail}", one.language));
    let is_review = one.kind == AssignmentKind::Review;
    if one.kind == AssignmentKind::Translate && one.language == story.original_language {
        fault("", "original", "is the language of the original");
    }
    match text {
        Some(text) if matches!(text.publication.as_str(), "killed" | "withheld") => fault("", "withdrawn", "the text was withdrawn and cannot be worked on"),
        Some(text) if text.agency_id != agency && !is_review => fault("", "text_of_another_agency", "the text belongs to another agency; ask that one"),
        None if is_review => fault("", "no_text", "there is no text to review"),
        _ => {}
    }
    if one.assignee.is_some() && worker.is_none_or(|worker| worker.agency_id != agency) {
        fault("/assignee", "unknown_staff", "the assignee is not an active staff member of the agency that is asked");
    } else if is_review && worker.is_some_and(|worker| worker.role == Role::Journalist) {
        fault("/assignee", "not_a_reviewer", "journalists do not review");
    }
    if one.due_at.is_some_and(|at| at <= now) {
        fault("/due_at", "past", "must be in the future");
    }
    if let Some(note) = &one.note {
        faults.text(&format!("{}/note", one.pointer), note, 1, 2_000);
    }
}

async fn make(tx: &mut Tx, actor: &Actor, story: &Article, one: &Wanted, agency: Uuid, now: Timestamp) -> Result<Assignment> {
    let new = New {
        article: story.id,
        story_agency: story.agency_id,
        language: &one.language,
        kind: one.kind,
        agency,
        assignee: one.assignee,
        due_at: one.due_at,
        note: one.note.as_deref(),
        change_kind: None,
    };
    let id = store::insert(tx, actor, &new, now).await?;
    let made = store::find_again(tx, actor, id, now).await?;
    super::follow::ask(tx, actor, &made, now).await?;
    Ok(made)
}
