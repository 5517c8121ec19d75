//! Security advisories over the API. Callers who may not read details get what is public, and nothing of the others.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use super::planning::{asked, behind, page};
use super::{Answered, Pairs, exact_id, nothing};
use crate::domain::advisory::AdvisoryId;
use crate::web::Shared;
use crate::web::json::{self as show, advisory as view};
use crate::web::trust::Caller;

/// `GET /api/v1/advisories`: newest first.
pub(in crate::web) async fn advisories(State(site): Shared, caller: Caller, query: Pairs) -> Answered {
    let (limit, cursor) = asked(query)?;
    let (service, staff) = (&site.web.service, caller.reads_details());
    let (organisation, now) = (service.organisation(), service.now());
    let mut before = behind::<AdvisoryId>(cursor)?;
    let mut found = Vec::new();
    // What a caller may not know of leaves no gap.
    while found.len() <= limit {
        let more = service.advisories(before, i64::try_from(limit + 1).unwrap_or(i64::MAX)).await?;
        let Some(last) = more.last() else { break };
        before = Some(last.advisory.id);
        found.extend(more.into_iter().filter(|topic| staff || topic.is_disclosed(now)));
    }
    let item = |topic: &_| view::advisory(organisation, topic, staff, now);
    Ok(Json(page(found, limit, |topic| topic.advisory.id.to_string(), item)).into_response())
}

/// `GET /api/v1/advisories/{id}`.
pub(in crate::web) async fn advisory(State(site): Shared, caller: Caller, Path(id): Path<String>) -> Answered {
    let (service, staff) = (&site.web.service, caller.reads_details());
    let found = match exact_id::<AdvisoryId>(&id) {
        Some(advisory) if staff => service.advisory(advisory).await?.map(|(topic, _)| topic),
        Some(advisory) => service.public_advisory(advisory).await?,
        None => None,
    };
    let topic = found.ok_or_else(|| nothing("advisory", &id))?;
    Ok(Json(view::advisory(service.organisation(), &topic, staff, service.now())).into_response())
}

/// `GET /api/v1/advisories/{id}/deliveries`: the rows about the advisory itself.
pub(in crate::web) async fn advisory_deliveries(
    State(site): Shared,
    caller: Caller,
    Path(id): Path<String>,
) -> Answered {
    let (service, staff) = (&site.web.service, caller.reads_details());
    let known = match exact_id::<AdvisoryId>(&id) {
        Some(advisory) if staff || service.public_advisory(advisory).await?.is_some() => Some(advisory),
        _ => None,
    };
    let rows = match known {
        Some(advisory) => service.advisory_deliveries(advisory).await?,
        None => None,
    };
    let rows = rows.ok_or_else(|| nothing("advisory", &id))?;
    let items: Vec<Value> = rows.iter().map(show::delivery).collect();
    Ok(Json(json!({ "items": items, "next": null })).into_response())
}
