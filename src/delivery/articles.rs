//! One public text, by its address or its article.

use super::conditional::{Public, accepted_languages, answer, for_caches, join_links};
use super::negotiation::{self, Fallback, Wanted};
use super::schema::PublishedArticleWithBody;
use super::store::{self, Document, Filter};
use super::view::{self, View};
use crate::cache::Source;
use crate::db::Conn;
use crate::error::{Code, Error, Result};
use crate::extract::{Path, Query};
use crate::language::{Tag, common_turkic_tag};
use crate::publication::BodyFormat;
use crate::state::State;
use crate::text_enum;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

pub fn routes(config: &mut ServiceConfig) {
    config.service(get_published_article).service(get_published_article_by_slug);
}

text_enum! {
    pub enum Include {
        Related = "related",
    }
}

#[derive(Deserialize, IntoParams)]
struct ArticlePath {
    id: Uuid,
}

#[derive(Deserialize, IntoParams)]
struct AddressPath {
    /// BCP 47: `kk`, `kk-Latn`.
    #[param(value_type = Tag, example = "kk")]
    language: Tag,
    slug: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ByIdQuery {
    /// Strictly this language; `auto` negotiates by `Accept-Language`. Without it, the original.
    #[param(value_type = Option<String>, example = "kk")]
    language: Option<Wanted>,
    /// Languages to take where that one is not published, in this order; `auto` for the house's table.
    #[param(value_type = Option<String>, example = "ru,en")]
    fallback: Option<Fallback>,
    #[param(value_type = Option<BodyFormat>, inline)]
    body_format: Option<BodyFormat>,
    /// `common-turkic`: headline, summary, dateline and body in the letters that the Turkic languages share. For az, tr, kk, ky, uz and tk.
    #[param(value_type = Option<View>, inline)]
    view: Option<View>,
    #[param(value_type = Option<Include>, inline)]
    include: Option<Include>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BySlugQuery {
    #[param(value_type = Option<BodyFormat>, inline)]
    body_format: Option<BodyFormat>,
    /// `common-turkic`: headline, summary, dateline and body in the letters that the Turkic languages share. For az, tr, kk, ky, uz and tk.
    #[param(value_type = Option<View>, inline)]
    view: Option<View>,
    #[param(value_type = Option<Include>, inline)]
    include: Option<Include>,
}

/// Read a public text by its address
///
/// An address that the text had before leads to the one it has now (308). A text that was killed answers 410 under every
/// address that it had. In a `view` the text is converted when it is read.
#[utoipa::path(tag = "delivery", params(AddressPath, BySlugQuery), responses((status = 200, description = "The text", body = PublishedArticleWithBody),
    (status = 304, description = "You have it"), (status = 308, description = "It has another address")),
    extensions(("x-problems" = json!(["withdrawn"]))))]
#[get("/articles/{language}/{slug}")]
async fn get_published_article_by_slug(
    state: Data<State>,
    request: HttpRequest,
    Path(path): Path<AddressPath>,
    Query(query): Query<BySlugQuery>,
) -> Result<HttpResponse> {
    let shown = Shown { format: query.body_format.unwrap_or(BodyFormat::PortableText), view: query.view, include: query.include };
    let key = format!("{}/{} {}", path.language, path.slug, shown.key());
    let found = answer(&state, &request, key, async |on| {
        let document = store::by_slug(&mut *on, &path.language, &path.slug, shown.stored()).await?.ok_or_else(|| Error::not_found("article"))?;
        send(on, document, &shown, Asked::default()).await
    });
    match found.await {
        Err(error) if error.code == Code::NotFound => elsewhere(&state, &request, &path).await,
        found => found,
    }
}

/// Where the text went that once had an address.
async fn elsewhere(state: &State, request: &HttpRequest, path: &AddressPath) -> Result<HttpResponse> {
    let mut on = state.public.acquire().await?;
    let moved = store::moved(&mut on, &path.language, &path.slug).await?;
    let Some((article, now_at)) = moved else { return Err(Error::not_found("article")) };
    if let Some(slug) = now_at {
        let query = Some(request.query_string()).filter(|query| !query.is_empty()).map(|query| format!("?{query}")).unwrap_or_default();
        let location = state.url(&format!("/v1/delivery/articles/{}/{slug}{query}", path.language));
        let answer = serde_json::json!({ "moved_to": location });
        let mut response = HttpResponse::PermanentRedirect();
        for header in for_caches(&state.config, &format!("article-{article}"), &[Source::Article(article)], true)? {
            response.insert_header(header);
        }
        return Ok(response.insert_header((header::LOCATION, location)).json(answer));
    }
    Err(store::withdrawn(&mut on, article, Some(&path.language)).await?.unwrap_or_else(|| Error::not_found("article")))
}

/// Read a public text by its article
///
/// Without `language`, the original. With it, strictly that language; `fallback` names others to take instead, and the
/// answer then says so. In a `view` the text is converted when it is read.
#[utoipa::path(tag = "delivery", params(ArticlePath, ByIdQuery), responses((status = 200, description = "The text", body = PublishedArticleWithBody),
    (status = 304, description = "You have it")), extensions(("x-problems" = json!(["withdrawn", "language_not_published"]))))]
#[get("/articles/{id}")]
async fn get_published_article(
    state: Data<State>,
    request: HttpRequest,
    Path(path): Path<ArticlePath>,
    Query(query): Query<ByIdQuery>,
) -> Result<HttpResponse> {
    negotiation::check(query.language.as_ref(), query.fallback.as_ref())?;
    let shown = Shown { format: query.body_format.unwrap_or(BodyFormat::PortableText), view: query.view, include: query.include };
    let varies = query.language == Some(Wanted::Auto);
    let negotiated = if varies { accepted_languages(&request) } else { "" };
    let key = format!("{} {:?} {:?} {} {negotiated}", path.id, query.language, query.fallback, shown.key());
    let found = answer(&state, &request, key, async |on| {
        let wanted = match query.language {
            Some(Wanted::Is(tag)) => Some(tag),
            Some(Wanted::Auto) => negotiation::best(&request, &store::languages_of(&mut *on, path.id).await?),
            None => None,
        };
        let mut languages: Vec<Tag> = wanted.iter().cloned().collect();
        if let (Some(wanted), Some(fallback)) = (&wanted, &query.fallback) {
            languages.extend(fallback.after(wanted));
        }
        if let Some(document) = store::by_id(&mut *on, path.id, &languages, shown.stored()).await? {
            let requested = wanted.filter(|wanted| *wanted != document.language);
            return send(on, document, &shown, Asked { requested, varies }).await;
        }
        Err(missing(on, path.id, wanted.as_ref()).await?)
    });
    found.await
}

/// Why there is nothing to send.
async fn missing(on: &mut Conn, article: Uuid, wanted: Option<&Tag>) -> Result<Error> {
    let available = store::languages_of(&mut *on, article).await?;
    // A text that readers saw once answers for itself: what was unpublished or withheld may come back, whatever was killed beside it.
    let own = match wanted {
        Some(wanted) if !available.is_empty() || store::was_public(&mut *on, article, wanted).await? => Some(wanted),
        _ => None,
    };
    let killed = if available.is_empty() || own.is_some() { store::withdrawn(&mut *on, article, own).await? } else { None };
    Ok(match killed {
        Some(withdrawn) => withdrawn,
        None if available.is_empty() => Error::not_found("article"),
        None => {
            let tags: Vec<&str> = available.iter().map(Tag::as_str).collect();
            let detail = format!("It is public in {}, but not in the language asked for.", tags.join(", "));
            Error::new(Code::LanguageNotPublished, detail).with("available_languages", tags)
        }
    })
}

#[derive(Default)]
struct Asked {
    /// The language asked for, where another was found.
    requested: Option<Tag>,
    varies: bool,
}

/// In which form a text is wanted.
struct Shown {
    format: BodyFormat,
    view: Option<View>,
    include: Option<Include>,
}

impl Shown {
    /// The stored form that it is made of.
    fn stored(&self) -> BodyFormat {
        if self.view.is_some() { BodyFormat::PortableText } else { self.format }
    }

    fn key(&self) -> String {
        format!("{:?} {:?} {:?}", self.format, self.view, self.include)
    }
}

async fn send(on: &mut Conn, mut document: Document, shown: &Shown, asked: Asked) -> Result<Public> {
    if let Some(view) = shown.view {
        document = view::apply(on, view, document, shown.format).await?;
    }
    let mut body = document.card;
    // It stands before the slug; no text within the JSON can have its quotes.
    let noindex = body.split(",\"slug\":").next().is_some_and(|head| head.contains(",\"noindex\":true"));
    body.reserve(document.body.len() + 128);
    // What follows goes before the closing brace.
    body.pop();
    if let Some(requested) = &asked.requested {
        body.push_str(",\"requested_language\":\"");
        body.push_str(requested.as_str());
        body.push_str("\",\"fallback\":true");
    }
    body.push_str(",\"body\":");
    body.push_str(&document.body);
    let mut etag = format!("{}.{}.{}", document.id, document.rendition, shown.format.as_str());
    if let Some(view) = shown.view {
        etag.push('.');
        etag.push_str(view.as_str());
    }
    let mut modified_at = document.modified_at;
    let mut sources = vec![Source::Article(document.article_id)];
    if shown.view.is_some() && shown.format == BodyFormat::Html {
        // The addresses of others stand in it.
        sources.push(Source::Part("articles"));
    }
    if shown.include == Some(Include::Related) {
        let filter = Filter { ids: document.related.0.clone(), languages: vec![document.language.clone()], ..Filter::default() };
        body.push_str(",\"related\":[");
        if !filter.ids.is_empty() {
            let cards = store::page(&mut *on, &filter, crate::page::MAX_LIMIT, None).await?;
            body.push_str(cards.joined.as_deref().unwrap_or_default());
            modified_at = cards.changed_at.unwrap_or(modified_at);
        }
        body.push(']');
        etag = super::conditional::hash(&body);
        sources.push(Source::Part("articles"));
    }
    body.push('}');
    if let Some(requested) = &asked.requested {
        etag.push('.');
        etag.push_str(requested.as_str());
    }
    Ok(Public {
        language: Some(if shown.view.is_some() { common_turkic_tag(&document.language) } else { document.language.to_string() }),
        links: join_links(document.links, ""),
        varies: asked.varies,
        noindex,
        ..Public::of(etag, body, modified_at, document.surrogate_key, sources)
    })
}
