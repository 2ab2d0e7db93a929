//! The one app, for the server and the tests alike.

use crate::jobs::Registry;
use crate::routes::Routes;
use crate::state::State;
use crate::{api, articles, assignments, auth, docs, edge, front_pages, notices, publication, purge, schedule, translations};
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App, HttpRequest, HttpResponse, web};
use std::sync::{Arc, LazyLock};
use utoipa_actix_web::AppExt;

static ROUTES: LazyLock<Arc<Routes>> = LazyLock::new(|| Arc::new(Routes::of(api::document())));

/// Builds the app over its state.
pub fn build(
    state: Data<State>,
) -> App<impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = actix_web::Error, InitError = ()>> {
    let origins = state.config.http.cors_origins.clone();
    App::new()
        .into_utoipa_app()
        .configure(|config| api::routes(config, &origins))
        .into_app()
        .configure(docs::routes)
        .app_data(state)
        .app_data(Data::from(Arc::clone(&*ROUTES)))
        .default_service(web::to(unmatched))
        .wrap(from_fn(edge::edge))
}

/// What no handler takes: another method of an address, or no address of ours.
async fn unmatched(request: HttpRequest, routes: Data<Routes>) -> Result<HttpResponse, crate::error::Error> {
    if request.method() == Method::OPTIONS
        && let Some(allow) = routes.allow(request.path())
    {
        return Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish());
    }
    Err(routes.unmatched(request.path()))
}

/// The kinds of background work that the house knows.
#[must_use]
pub fn jobs() -> Registry {
    Registry::default()
        .with::<auth::InvitationMail>()
        .with::<auth::ResetMail>()
        .with::<auth::Attempt>()
        .with::<notices::NoticeMail>()
        .with::<publication::Rebuild>()
        .with::<publication::Reindex>()
        .with::<articles::ReindexWork>()
        .with::<translations::EndEmbargo>()
        .with::<translations::PublishVariants>()
        .with::<translations::RunSwitch>()
        .with::<assignments::Lapse>()
        .with::<schedule::RunEntry>()
        .with::<schedule::RunRelease>()
        .with::<front_pages::CarryOut>()
        .with_apart::<purge::Purge>()
}
