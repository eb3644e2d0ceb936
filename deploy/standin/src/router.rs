//! Every route there is.

use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{get, post},
};

use crate::{
    api::{catalogs, connections, error::ApiError, execute, info, organizations, statistics, transpile},
    app::App,
    control,
    oauth::{authorize, consent, login, metadata, token},
    watch,
};

pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(metadata::show))
        .route("/oauth2/authorize", get(authorize::show))
        .route("/oauth2/token", post(token::issue))
        .route("/login", get(login::show).post(login::submit))
        .route("/logout", get(login::sign_out))
        .route("/consent", get(consent::show).post(consent::submit))
        .route("/healthz", get(async || "ok"))
        .route("/control/faults", get(control::faults).post(control::add_fault).delete(control::clear_faults))
        .route("/control/revoke", post(control::revoke))
        .route("/control/expire", post(control::expire))
        .route("/control/options", post(control::options))
        .route("/control/requests", get(control::requests).delete(control::clear_requests))
        .nest("/api/v1", partner_api())
        .fallback(async || ApiError::NoRoute)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), watch::watch))
        .with_state(app)
}

fn partner_api() -> Router<Arc<App>> {
    Router::new()
        .route("/info", get(info::show))
        .route("/organizations", get(organizations::list))
        .route("/organizations/{o}/workspaces", get(organizations::workspaces))
        .route("/organizations/{o}/workspaces/{w}/projects", get(organizations::projects))
        .route("/connections/{p}", get(connections::list))
        .route("/connections/{p}/{c}/detail", get(connections::detail))
        .route("/sql/transpile/{dialect}", post(transpile::convert))
        .nest("/data/projects/{p}", project())
        .method_not_allowed_fallback(async || ApiError::WrongMethod)
}

fn project() -> Router<Arc<App>> {
    const TABLE: &str = "/catalogs/{c}/schemas/{s}/tables/{t}";
    Router::new()
        .route("/catalogs", get(catalogs::list))
        .route("/catalogs/{c}/schemas", get(catalogs::schemas))
        .route("/catalogs/{c}/schemas/{s}/tables", get(catalogs::tables))
        .route(&format!("{TABLE}/columns"), get(catalogs::columns))
        .route(&format!("{TABLE}/statistics"), get(statistics::show))
        .route("/queries/execute", post(execute::run))
}
