//! Every route there is.

use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{delete, get, post, put},
};

use crate::{
    api::{
        caches, catalogs, connections, error::ApiError, execute, golden_sql, info, materialized, metadata,
        organizations, queries, relations, semantic, statistics, transpile,
    },
    app::App,
    control,
    oauth::{authorize, consent, discovery, login, token},
    watch,
};

pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(discovery::show))
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
        .route("/metadata/{p}", get(metadata::show))
        .route("/metadata/{p}/refresh", post(metadata::refresh))
        .route("/metadata/{p}/refresh/{c}", get(metadata::refresh_status))
        .route("/metadata/{p}/relations/{c}", get(relations::list))
        .route("/metadata/{p}/golden-sqls", get(golden_sql::list))
        .route("/metadata/{p}/golden-sql/query", get(golden_sql::search))
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
        .route("/queries", get(queries::list).post(queries::create))
        .route("/queries/execute", post(execute::run))
        .route("/queries/{q}", get(queries::show).put(queries::update).delete(queries::remove))
        .route("/materialized-queries/status", get(materialized::statuses))
        .route("/materialized-queries/{q}/status", get(materialized::status))
        .route("/materialized-queries/{q}/refresh", post(materialized::refresh))
        .route("/cache", post(caches::create))
        .route("/cache/batch", post(caches::create_batch))
        .route("/cache/status", get(caches::statuses))
        .route("/cache/{id}", put(caches::update).delete(caches::remove))
        .route("/cache/{id}/fullRefreshUpdate", post(caches::refresh_full))
        .route("/cache/{id}/incrementalUpdate", post(caches::refresh_incremental))
        .route("/semantic-catalogs", post(semantic::create))
        .route("/semantic-catalogs/{c}", post(semantic::create_table))
        .route("/semantic-catalogs/{c}/table/{t}", delete(semantic::remove_table))
}
