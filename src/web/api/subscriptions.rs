//! Who subscribed, over the API: for admins, because it holds addresses of people. Everybody else has the verbs.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use super::planning::{asked, behind, page};
use super::{Answered, OPERATOR, Pairs, exact_id, nothing};
use crate::domain::subscription::{Subscription, SubscriptionId};
use crate::web::Shared;
use crate::web::json::instant;
use crate::web::problem::Problem;
use crate::web::trust::Caller;

/// `GET /api/v1/subscriptions`: those that are confirmed, oldest first.
pub(in crate::web) async fn all(State(site): Shared, caller: Caller, query: Pairs) -> Answered {
    for_admins(&caller)?;
    let (limit, cursor) = asked(query)?;
    let found = site.web.service.subscriptions(behind::<SubscriptionId>(cursor)?, limit + 1).await?;
    Ok(Json(page(found, limit, |s| s.id.to_string(), subscription)).into_response())
}

/// `DELETE /api/v1/subscriptions/{id}`: ends it.
pub(in crate::web) async fn remove(State(site): Shared, caller: Caller, Path(id): Path<String>) -> Answered {
    for_admins(&caller)?;
    let actor = caller.actor(&site, None, OPERATOR)?;
    let removed = match exact_id::<SubscriptionId>(&id) {
        Some(id) => site.web.service.remove_subscription(id, &actor, "api").await?,
        None => false,
    };
    if removed { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(nothing("subscription", &id)) }
}

fn for_admins(caller: &Caller) -> Result<(), Problem> {
    if caller.is_admin() {
        return Ok(());
    }
    Err(Problem::forbidden("Subscriptions hold addresses of people: only an admin token or a local caller sees them."))
}

/// One subscription. No services or no regions means all.
fn subscription(s: &Subscription) -> Value {
    json!({
        "id": s.id,
        "channel": s.channel,
        "services": s.choice.services,
        "regions": s.choice.regions,
        "created_by": s.created_by,
        "created_at": instant(s.created_at),
        "since": s.since.map(instant),
    })
}
