//! Status pages that others keep, outward only: [`api`] is the client of Atlassian Statuspage, [`json`] that of any page that
//! is filled by JSON over HTTP, from templates; [`render`] says what an entry on Statuspage has to be. When a page is brought
//! in step is decided in `delivery`.

pub mod api;
pub mod json;
pub mod limits;
pub mod render;
