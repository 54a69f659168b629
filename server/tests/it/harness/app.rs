//! One app on the server, and its back end.

use std::sync::Arc;

use serde_json::{Value, json};

use super::wire::Wire;

/// The back end of one app. Clones are the same.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) wire: Arc<Wire>,
    pub(crate) operator: String,
}

impl Shop {
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let path = format!("/v1/apps/{}{path}", self.id);
        self.wire.call(method, &path, Some(&self.key), body).await
    }

    async fn expect(&self, status: u16, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (got, answer) = self.call(method, path, body).await;
        assert_eq!(got, status, "{method} {path}: {answer}");
        answer
    }

    pub(crate) async fn user_token(&self, user: &str) -> String {
        let made = self.expect(200, "POST", "/user-tokens", Some(&json!({"user": user, "ttl": "P1D"}))).await;
        made["token"].as_str().unwrap().to_owned()
    }

    /// Sends message number `number` to `user`. Says to how many installations.
    pub(crate) async fn send(&self, user: &str, number: usize) -> u64 {
        let data = json!({"for": user, "number": number.to_string()});
        let body = json!({"to": {"user": user}, "message": {"data": data}});
        self.expect(202, "POST", "/messages", Some(&body)).await["deliveries"].as_u64().unwrap()
    }

    /// Ends every binding of `user`. Says whether the wall was closed.
    pub(crate) async fn revoke(&self, user: &str) -> bool {
        let answer = self.expect(200, "DELETE", &format!("/users/{user}/bindings"), None).await;
        answer["wall"] == "closed"
    }

    pub(crate) async fn set_policy(&self, policy: &Value, now: bool) {
        let path = format!("/v1/admin/apps/{}{}", self.id, if now { "?apply=now" } else { "" });
        let body = json!({"policy": policy});
        let (status, answer) = self.wire.call("PATCH", &path, Some(&self.operator), Some(&body)).await;
        assert_eq!(status, 200, "{answer}");
    }
}
