//! Plans, series, freezes and customers over the API.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use super::{Answered, Filters, Pairs, exact_id, nothing};
use crate::domain::freeze::FreezeId;
use crate::domain::plan::PlanId;
use crate::domain::series::SeriesId;
use crate::web::Shared;
use crate::web::json::{self as show, planning};
use crate::web::problem::Problem;
use crate::web::trust::Caller;

/// The items of one page, of which one more than fits was read, and where the next page begins.
pub(super) fn page<T>(
    mut found: Vec<T>,
    limit: usize,
    name: impl Fn(&T) -> String,
    item: impl Fn(&T) -> Value,
) -> Value {
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(name);
    json!({ "items": found.iter().map(item).collect::<Vec<_>>(), "next": next })
}

/// How many items are wanted, and behind which.
pub(super) fn asked(query: Pairs) -> Result<(usize, Option<String>), Problem> {
    let query = Filters::read(query, &["limit", "cursor"])?;
    Ok((usize::try_from(query.limit()?).unwrap_or(0), query.get("cursor").map(str::to_owned)))
}

/// The id in a cursor.
pub(super) fn behind<T: std::str::FromStr + ToString>(cursor: Option<String>) -> Result<Option<T>, Problem> {
    let read = |text: String| {
        exact_id(&text).ok_or_else(|| Problem::bad_request("`cursor` must be the `next` of an earlier answer."))
    };
    cursor.map(read).transpose()
}

/// `GET /api/v1/plans`: newest first.
pub(in crate::web) async fn plans(State(site): Shared, _: Caller, query: Pairs) -> Answered {
    let (limit, cursor) = asked(query)?;
    let found = site.web.service.plans_before(behind::<PlanId>(cursor)?, limit + 1).await?;
    let organisation = site.web.service.organisation();
    let body = page(found, limit, |p| p.phases.plan.id.to_string(), |p| planning::plan(organisation, p));
    Ok(Json(body).into_response())
}

/// `GET /api/v1/plans/{id}`.
pub(in crate::web) async fn plan(State(site): Shared, _: Caller, Path(id): Path<String>) -> Answered {
    let found = match exact_id::<PlanId>(&id) {
        Some(plan) => site.web.service.plan(plan).await?,
        None => None,
    };
    let full = found.ok_or_else(|| nothing("plan", &id))?;
    Ok(Json(planning::plan(site.web.service.organisation(), &full)).into_response())
}

/// `GET /api/v1/plans/{id}/deliveries`: the rows about the plan as a whole.
pub(in crate::web) async fn plan_deliveries(State(site): Shared, _: Caller, Path(id): Path<String>) -> Answered {
    let found = match exact_id::<PlanId>(&id) {
        Some(plan) => site.web.service.plan_deliveries(plan).await?,
        None => None,
    };
    let rows = found.ok_or_else(|| nothing("plan", &id))?;
    let items: Vec<Value> = rows.iter().map(show::delivery).collect();
    Ok(Json(json!({ "items": items, "next": null })).into_response())
}

/// `GET /api/v1/digest/deliveries`: the latest rows about the digest, those of each channel that is configured.
pub(in crate::web) async fn digest_deliveries(State(site): Shared, _: Caller) -> Answered {
    let rows = site.web.service.digest_deliveries().await?;
    let items: Vec<Value> = rows.iter().map(show::delivery).collect();
    Ok(Json(json!({ "items": items, "next": null })).into_response())
}

/// `GET /api/v1/series`: newest first.
pub(in crate::web) async fn all_series(State(site): Shared, _: Caller, query: Pairs) -> Answered {
    let (limit, cursor) = asked(query)?;
    let found = site.web.service.series_before(behind::<SeriesId>(cursor)?, limit + 1).await?;
    Ok(Json(page(found, limit, |s| s.id.to_string(), planning::series)).into_response())
}

/// `GET /api/v1/series/{id}`.
pub(in crate::web) async fn one_series(State(site): Shared, _: Caller, Path(id): Path<String>) -> Answered {
    let found = match exact_id::<SeriesId>(&id) {
        Some(series) => site.web.service.one_series(series).await?,
        None => None,
    };
    let full = found.ok_or_else(|| nothing("series", &id))?;
    Ok(Json(planning::full_series(&full)).into_response())
}

/// `GET /api/v1/freezes`: those that are not over, by first day.
pub(in crate::web) async fn freezes(State(site): Shared, _: Caller, query: Pairs) -> Answered {
    let (limit, cursor) = asked(query)?;
    let cursor = behind::<FreezeId>(cursor)?;
    let organisation = site.web.service.organisation();
    let all = site.web.service.freezes().await?;
    let skip = cursor.map_or(0, |id| all.iter().position(|f| f.id == id).map_or(all.len(), |at| at + 1));
    let found = all.into_iter().skip(skip).take(limit + 1).collect();
    let body = page(found, limit, |f| f.id.to_string(), |f| planning::freeze(organisation, f));
    Ok(Json(body).into_response())
}

/// `GET /api/v1/customers`: as configured, by id.
pub(in crate::web) async fn customers(State(site): Shared, _: Caller, query: Pairs) -> Answered {
    let (limit, cursor) = asked(query)?;
    let all = &site.web.service.organisation().customers;
    let found = all.values().filter(|c| cursor.as_ref().is_none_or(|cursor| c.id > *cursor)).take(limit + 1).collect();
    Ok(Json(page(found, limit, |c| c.id.clone(), |c| planning::customer(c))).into_response())
}
