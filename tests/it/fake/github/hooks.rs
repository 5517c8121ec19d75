//! Webhooks: what happened is told, signed, in order, to an address or a closure, and remembered as a delivery.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::runtime::Handle;

use super::super::openapi::Judge;
use super::Shared;
use super::shapes;
use super::state::State;

/// GitHub gives up on a receiver after this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// A webhook as it goes out.
#[derive(Clone, Debug)]
pub struct Webhook {
    pub event: String,
    pub guid: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// Takes a webhook and gives the status that it is answered with.
pub type Receiver = Arc<dyn Fn(Webhook) -> BoxFuture<'static, u16> + Send + Sync>;

/// Where webhooks go.
#[derive(Clone)]
pub enum Target {
    Url(String),
    /// A closure, run on the runtime of the test that set it.
    Call(Receiver, Handle),
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(url),
            Self::Call(..) => f.write_str("a closure"),
        }
    }
}

/// One attempt to tell something, as `GET /app/hook/deliveries` lists it.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: u64,
    /// The same for every attempt of one webhook.
    pub guid: String,
    pub at: DateTime<Utc>,
    pub redelivery: bool,
    pub event: String,
    pub action: Option<String>,
    pub status: String,
    pub status_code: u16,
    pub installation: Option<u64>,
    pub repository: Option<u64>,
    pub payload: Value,
}

/// `sha256=` and the signature of a body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

impl State {
    /// Tells what happened in a repository to everybody who asked for such events. `more` are the event's own fields.
    pub fn tell(&mut self, event: &str, action: &str, repository: u64, sender: &str, more: Value) {
        let installed = self.installation_of(repository).filter(|it| it.events.iter().any(|known| known == event));
        let installation = installed.map(|installation| installation.id);
        let Some(repo) = self.repositories.iter().find(|repo| repo.id == repository) else { return };
        if installation.is_none() && !repo.own_hook {
            return;
        }
        let mut payload = json!({ "action": action, "repository": shapes::repository(self, repo) });
        let owner = shapes::user(self, &repo.owner);
        if owner["type"] == "Organization" {
            payload["organization"] = self.organization(&owner);
        }
        if let Some(id) = installation {
            payload["installation"] = json!({ "id": id, "node_id": format!("IN_{id:016x}") });
        }
        self.deliver(event, payload, sender, installation, Some(repository), more);
    }

    fn organization(&self, owner: &Value) -> Value {
        let login = owner["login"].as_str().unwrap_or_default();
        let url = format!("{}/orgs/{login}", self.url);
        json!({
            "login": login,
            "id": owner["id"],
            "node_id": owner["node_id"],
            "url": url,
            "repos_url": format!("{url}/repos"),
            "events_url": format!("{url}/events"),
            "hooks_url": format!("{url}/hooks"),
            "issues_url": format!("{url}/issues"),
            "members_url": format!("{url}/members{{/member}}"),
            "public_members_url": format!("{url}/public_members{{/member}}"),
            "avatar_url": owner["avatar_url"],
            "description": "",
        })
    }

    /// Tells something of the App itself, which every App hears whatever it asked for.
    pub fn tell_app(&mut self, event: &str, action: &str, installation: u64, sender: &str, more: Value) {
        let payload = json!({ "action": action });
        self.deliver(event, payload, sender, Some(installation), None, more);
    }

    fn deliver(
        &mut self,
        event: &str,
        mut payload: Value,
        sender: &str,
        installation: Option<u64>,
        repository: Option<u64>,
        more: Value,
    ) {
        if self.hook.is_none() {
            return;
        }
        payload["sender"] = shapes::user(self, sender);
        if let Value::Object(more) = more {
            payload.as_object_mut().expect("an object").extend(more);
        }
        let (id, at) = (self.id(), self.now());
        let mut random = [0; 16];
        getrandom::fill(&mut random).expect("randomness");
        let guid = hex::encode(random);
        let guid = format!("{}-{}-{}-{}-{}", &guid[..8], &guid[8..12], &guid[12..16], &guid[16..20], &guid[20..]);
        let action = payload["action"].as_str().map(str::to_owned);
        let judged = Judge::load().webhook(event, action.as_deref().unwrap_or_default(), &payload);
        self.violations.extend(judged);
        let delivery = Delivery {
            id,
            guid,
            at,
            redelivery: false,
            event: event.to_owned(),
            action,
            status: "pending".into(),
            status_code: 0,
            installation,
            repository,
            payload,
        };
        self.post(delivery);
    }

    /// Another attempt of an earlier delivery; its id.
    pub fn redeliver(&mut self, id: u64) -> Option<u64> {
        let earlier = self.deliveries.iter().find(|delivery| delivery.id == id)?.clone();
        let (id, at) = (self.id(), self.now());
        self.post(Delivery { id, at, redelivery: true, ..earlier });
        Some(id)
    }

    fn post(&mut self, mut delivery: Delivery) {
        let id = delivery.id;
        if self.lose_webhooks {
            (delivery.status, delivery.status_code) = ("failed to connect to host".into(), 502);
            self.deliveries.push(delivery);
            return;
        }
        self.deliveries.push(delivery);
        self.unsent.send_modify(|unsent| *unsent += 1);
        // Nobody listens once the double is closed.
        let _ = self.outbox.send(id);
    }

    /// A delivery as it goes out.
    pub fn webhook(&self, delivery: &Delivery) -> Webhook {
        let body = delivery.payload.to_string().into_bytes();
        let secret = self.hook.as_ref().map_or("", |(_, secret)| secret);
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("user-agent", "GitHub-Hookshot/double".to_owned()),
            ("x-github-delivery", delivery.guid.clone()),
            ("x-github-event", delivery.event.clone()),
            ("x-github-hook-id", "77".to_owned()),
            ("x-github-hook-installation-target-id", self.app_id.to_string()),
            ("x-github-hook-installation-target-type", "integration".to_owned()),
            ("x-hub-signature-256", signature(secret, &body)),
        ];
        Webhook { event: delivery.event.clone(), guid: delivery.guid.clone(), headers, body }
    }
}

/// Sends one delivery and writes down how it went.
pub async fn send(shared: &Shared, client: &reqwest::Client, id: u64) {
    let (webhook, target) = {
        let state = shared.state();
        let delivery = state.deliveries.iter().find(|delivery| delivery.id == id).expect("a delivery of that id");
        (state.webhook(delivery), state.hook.as_ref().map(|(target, _)| target.clone()))
    };
    let code = match target {
        None => 0,
        Some(Target::Call(call, runtime)) => runtime.spawn(call(webhook)).await.unwrap_or(500),
        Some(Target::Url(url)) => {
            let mut request = client.post(url).timeout(PATIENCE).body(webhook.body);
            for (name, value) in webhook.headers {
                request = request.header(name, value);
            }
            request.send().await.map_or(0, |response| response.status().as_u16())
        }
    };
    let mut state = shared.state();
    let delivery = state.deliveries.iter_mut().find(|delivery| delivery.id == id).expect("a delivery of that id");
    (delivery.status, delivery.status_code) = match code {
        0 => ("failed to connect to host".into(), 502),
        200..300 => ("OK".into(), code),
        _ => (format!("Invalid HTTP Response: {code}"), code),
    };
    state.unsent.send_modify(|unsent| *unsent -= 1);
}
