//! PagerDuty, which keeps services quiet while a window is open. Outward only: `api` makes, changes and ends maintenance
//! windows there.

pub mod api;
