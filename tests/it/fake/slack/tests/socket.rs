//! Socket Mode as a client sees it.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::super::{Again, Stage};
use super::*;

/// The client's end of a connection.
struct Line(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Line {
    async fn open(fake: &FakeSlack) -> Self {
        let url = Self::url(fake).await;
        let (socket, _) = connect_async(url).await.expect("a connection");
        let mut line = Self(socket);
        assert_eq!(line.hear().await.expect("a hello")["type"], "hello");
        line
    }

    async fn url(fake: &FakeSlack) -> String {
        let answer = send(fake, APP_TOKEN, "apps.connections.open", json!({})).await.expect("an answer");
        let answer: Value = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
        answer["url"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// What comes next; none: the connection is over.
    async fn hear(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await?.ok()? {
                Frame::Text(text) => return serde_json::from_str(&text).ok(),
                Frame::Close(_) => return None,
                _ => {}
            }
        }
    }

    async fn ack(&mut self, envelope: &Value, payload: Value) {
        let mut said = json!({ "envelope_id": envelope["envelope_id"] });
        if !payload.is_null() {
            said["payload"] = payload;
        }
        self.0.send(Frame::text(said.to_string())).await.expect("sent");
    }

    /// Hears an envelope and acknowledges it.
    async fn take(&mut self) -> Value {
        let envelope = self.hear().await.expect("an envelope");
        self.ack(&envelope, Value::Null).await;
        envelope
    }
}

#[tokio::test]
async fn envelopes_go_to_one_connection_and_are_acknowledged() {
    let (fake, _) = world().await;
    fake.reach_by_socket();
    assert_eq!(fake.command("anna", "#ce", "list").await.status, 0, "nobody is connected");
    let mut line = Line::open(&fake).await;
    fake.connected(1).await;
    let bot = async {
        let command = line.hear().await.expect("an envelope");
        assert_eq!((&command["type"], &command["accepts_response_payload"]), (&json!("slash_commands"), &json!(true)));
        assert_eq!((&command["payload"]["text"], &command["payload"]["user_id"]), (&json!("list"), &json!("U0ANNA")));
        line.ack(&command, json!({ "text": "nothing" })).await;
        let event = line.take().await;
        assert_eq!((&event["type"], &event["retry_attempt"]), (&json!("events_api"), &json!(0)));
        assert_eq!(event["payload"]["event"]["type"], "app_mention");
        let again = line.take().await;
        assert_eq!((&again["retry_attempt"], &again["payload"]), (&json!(1), &event["payload"]));
        assert_ne!(again["envelope_id"], event["envelope_id"]);
    };
    let people = async {
        assert_eq!(fake.command("anna", "#ce", "list").await.text(), "nothing");
        let mention = fake.mention("anna", "#ce", None, "list").await;
        assert_eq!((mention.status, &mention.body), (200, &Value::Null));
        assert_eq!(fake.again(mention.nth, Again::Retry(1)).await.status, 200);
    };
    tokio::join!(bot, people);
    assert_eq!(fake.whispers("anna")[0].plain(), "nothing");
    let connection = fake.connections()[0];
    assert_eq!((connection.stage, connection.sent, connection.acks), (Stage::Open, 3, 3));
    fake.say_disconnect(connection.number, "warning");
    assert_eq!(line.hear().await.expect("a word")["reason"], "warning");
    assert_eq!(fake.violations(), Vec::<String>::new());

    let bot = async {
        let event = line.hear().await.expect("an envelope");
        line.ack(&event, json!({ "text": "not wanted" })).await;
        line.ack(&event, Value::Null).await;
        line.0.send(Frame::Close(None)).await.expect("sent");
        line.hear().await
    };
    let (ended, _) = tokio::join!(bot, fake.open_home("anna"));
    assert!(ended.is_none());
    fake.connected(0).await;
    assert_eq!(fake.violations().len(), 2, "{:?}", fake.violations());
}

#[tokio::test]
async fn an_envelope_that_nobody_acknowledges_comes_once_more_on_another_connection() {
    let (fake, _) = world().await;
    fake.reach_by_socket();
    fake.patience(Duration::from_millis(200));
    let (mut first, mut second) = (Line::open(&fake).await, Line::open(&fake).await);
    fake.connected(2).await;
    let bot = async {
        let lost = first.hear().await.expect("an envelope");
        let again = second.take().await;
        assert_eq!((&lost["envelope_id"], &again["retry_attempt"]), (&again["envelope_id"], &json!(1)));
    };
    let (reply, ()) = tokio::join!(fake.mention("anna", "#ce", None, "list"), bot);
    assert_eq!(reply.status, 200);

    let [one, two] = fake.connections()[..] else { panic!("two connections") };
    assert_eq!((one.sent, one.acks, two.sent, two.acks), (1, 0, 1, 1));
    fake.say_disconnect(one.number, "refresh_requested");
    assert_eq!(first.hear().await.expect("a word")["type"], "disconnect");
    fake.ping(two.number);
    tokio::join!(fake.open_home("anna"), second.take());
    let now = fake.connections()[1];
    assert_eq!((now.sent, now.pongs), (2, 1), "the other one is being left");
    fake.hang_up(one.number);
    assert!(first.hear().await.is_none());
    fake.cut_connection(two.number);
    assert!(second.hear().await.is_none());
    fake.connected(0).await;
    assert!(fake.connections().iter().all(|connection| connection.stage == Stage::Over));
    fake.close();
}

#[tokio::test]
async fn connecting_fails_as_planned_and_a_url_works_once() {
    let (fake, _) = world().await;
    let url = Line::url(&fake).await;
    assert_eq!(fake.connections()[0].stage, Stage::Ticket);
    fake.fail_times(1, Matching::method("socket"), Fault::unavailable());
    fake.fail_times(1, Matching::method("socket"), Fault::Reset);
    assert!(connect_async(&url).await.is_err() && connect_async(&url).await.is_err());
    let (open, _) = connect_async(&url).await.expect("a connection");
    fake.connected(1).await;
    assert!(connect_async(&url).await.is_err());
    drop(open);
    fake.connected(0).await;
    assert_eq!(fake.calls("socket").len(), 4);
    fake.close();
}
