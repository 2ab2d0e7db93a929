//! Partners' early view: a list and one text.

use super::Fetched;
use super::store::{self, Document};
use crate::answer::Answer;
use crate::auth::Caller;
use crate::db::Timestamp;
use crate::delivery::{Alternate, BodyForm};
use crate::error::{Code, Error, Result};
use crate::extract::{List, Path, Query};
use crate::language::Tag;
use crate::page::{Asked, Meta, Page};
use crate::policy::ReadPartner;
use crate::publication::BodyFormat;
use crate::publication::Head;
use crate::state::State;
use actix_web::web::Data;
use actix_web::{HttpRequest, get};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_partner_articles).service(get_partner_article);
}

/// A text under embargo, as readers will see it: for the contract, as the bytes were made when it was published.
#[derive(Serialize, ToSchema)]
struct PartnerArticle {
    #[serde(flatten)]
    head: Head,
    /// Nobody else may see it before.
    embargo_until: Timestamp,
    /// All languages in which the article is under embargo.
    available_languages: Vec<Alternate>,
}

/// A text under embargo with its body.
#[derive(Serialize, ToSchema)]
struct PartnerArticleWithBody {
    #[serde(flatten)]
    article: PartnerArticle,
    body: BodyForm,
}

/// A page of texts under embargo.
#[derive(Serialize, ToSchema)]
struct PartnerArticlePage {
    data: Vec<PartnerArticle>,
    meta: Meta,
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PartnerFilter {
    /// In these languages.
    #[param(value_type = Option<String>, example = "kk,ru")]
    language: Option<List<Tag>>,
    /// 1 to 100; 25 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
struct ArticlePath {
    id: Uuid,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TextQuery {
    /// Strictly this language. Without it, the original, or the first that there is.
    #[param(value_type = Option<Tag>, example = "kk")]
    language: Option<Tag>,
    #[param(value_type = Option<BodyFormat>, inline)]
    body_format: Option<BodyFormat>,
}

/// The JSON of a text, without its closing brace.
fn card(document: &Document, all: &[Document]) -> Result<String> {
    let alternates: Vec<_> = all
        .iter()
        .filter(|other| other.article_id == document.article_id)
        .map(|other| {
            let language = &other.language;
            json!({ "language": language, "direction": language.direction(), "slug": other.slug, "url": other.url, "updated_at": other.embargo_until })
        })
        .collect();
    let alternates = serde_json::to_string(&alternates).map_err(Error::internal)?;
    Ok(format!("{},\"embargo_until\":\"{}\",\"available_languages\":{alternates}", document.head, document.embargo_until))
}

fn raw(json: String) -> Result<Box<RawValue>> {
    RawValue::from_string(json).map_err(Error::internal)
}

/// List texts under embargo
///
/// What readers will see, the next first. The answer may not be passed on before `embargo_until`; that your key read it is recorded.
#[utoipa::path(tag = "partner", params(PartnerFilter), responses((status = 200, description = "A page of texts under embargo", body = PartnerArticlePage)),
    extensions(("x-problems" = json!(["invalid_cursor"]))))]
#[get("/partner/articles")]
async fn list_partner_articles(state: Data<State>, request: HttpRequest, caller: Caller<ReadPartner>, Query(filter): Query<PartnerFilter>) -> Result<Answer> {
    let asked = Asked::<store::After>::read(filter.limit, filter.cursor.as_deref(), &filter.language)?;
    let languages = filter.language.map(|list| list.0).unwrap_or_default();
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let documents = store::page(&mut tx, &languages, asked.after.as_ref(), asked.fetch()).await?;
    let page = asked.page(documents, |document| (document.embargo_until.micros(), document.article_id, document.language.to_string()));
    let articles: Vec<Uuid> = page.data.iter().map(|document| document.article_id).collect();
    let all = store::of_articles(&mut tx, &articles, BodyFormat::Text).await?;
    let mut data = vec![];
    for document in &page.data {
        store::record(&mut tx, &caller, document, Fetched::Card, now).await?;
        data.push(raw(card(document, &all)? + "}")?);
    }
    tx.commit().await?;
    Page { data, meta: page.meta }.answer(&state.url("/v1/partner/articles"), request.query_string())
}

/// Read a text under embargo
///
/// As readers will see it. It may not be passed on before `embargo_until`; that your key read it is recorded.
#[utoipa::path(tag = "partner", params(ArticlePath, TextQuery), responses((status = 200, description = "The text", body = PartnerArticleWithBody)),
    extensions(("x-problems" = json!(["language_not_published"]))))]
#[get("/partner/articles/{id}")]
async fn get_partner_article(state: Data<State>, caller: Caller<ReadPartner>, Path(path): Path<ArticlePath>, Query(query): Query<TextQuery>) -> Result<Answer> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let all = store::of_articles(&mut tx, &[path.id], query.body_format.unwrap_or(BodyFormat::PortableText)).await?;
    let found = match &query.language {
        Some(wanted) => all.iter().find(|document| document.language == *wanted),
        None => all.first(),
    };
    let Some(document) = found else {
        let tags: Vec<&str> = all.iter().map(|document| document.language.as_str()).collect();
        return Err(if tags.is_empty() {
            Error::not_found("article")
        } else {
            Error::new(Code::LanguageNotPublished, "It is under embargo in other languages alone.").with("available_languages", tags)
        });
    };
    store::record(&mut tx, &caller, document, Fetched::Text, now).await?;
    let json = raw(format!("{},\"body\":{}}}", card(document, &all)?, document.body))?;
    tx.commit().await?;
    Answer::ok(&json)
}
