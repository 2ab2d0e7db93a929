//! Who may order a switch, and what an order may say.

use super::{PLATFORM, order};
use crate::on_both;
use crate::support::App;
use serde_json::json;

on_both!(an_order_says_what_can_be, who_may_order_and_cancel);

async fn an_order_says_what_can_be(app: App) {
    let admin = app.staff(PLATFORM).await;
    let at = "2026-09-01T00:00:00Z";
    for (body, pointer) in [
        (json!({"language": "kk", "to": "2026", "at": at}), "/language"),
        (json!({"language": "uz-Cyrl", "to": "2026", "at": at}), "/language"),
        (json!({"language": "uz", "to": "1850", "at": at}), "/to"),
        (json!({"language": "uz", "to": "", "at": at}), "/to"),
        (json!({"language": "uz", "to": "2026\u{0}\u{202e}", "at": at}), "/to"),
        (json!({"language": "uz", "to": "2".repeat(100_000), "at": at}), "/to"),
        (json!({"language": "uz", "to": "2026", "at": "2020-01-01T00:00:00Z"}), "/at"),
        (json!({"language": "uz", "to": "2026", "at": "\u{0}"}), "/at"),
        (json!({"language": "uz", "to": "2026", "at": "2026-09-01T00:00", "time_zone": "Mars/Base"}), "/time_zone"),
        (json!({"language": "uz", "to": "2026", "at": at, "agency": "nobody\u{0}"}), "/agency"),
        (json!({"language": "uz", "to": "2026", "at": at, "agency": "nobody"}), "/agency"),
    ] {
        let refused = admin.post("/v1/orthography-switches").json(&body).send().await;
        assert!(refused.status == 422 || refused.status == 400, "{body}: {}", refused.text());
        if refused.status == 422 {
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{}", refused.text());
        }
    }
    for body in [json!({"language": "??", "to": "2026", "at": at}), json!({"language": "uz", "to": "2026", "at": at, "x": 1}), json!([])] {
        let status = admin.post("/v1/orthography-switches").json(&body).send().await.status.as_u16();
        assert!((400..500).contains(&status), "{body}: {status}");
    }
    let ordered = json!({"language": "uz", "to": "2026", "at": "2026-09-01T00:00", "time_zone": "Asia/Tashkent"});
    let ordered = admin.post("/v1/orthography-switches").json(&ordered).expect(201).await.json();
    assert_eq!((&ordered["run_at"], &ordered["agency_id"]), (&json!("2026-08-31T19:00:00Z"), &json!(null)));
    let again = admin.post("/v1/orthography-switches").json(&json!({"language": "uz", "to": "1995", "at": at})).expect(409).await;
    assert_eq!(again.code(), "already_exists");
    admin.get("/v1/orthography-switches?state=lost").expect(400).await;
    admin.get("/v1/orthography-switches?cursor=x").expect(400).await;
    admin.get("/v1/orthography-switches/00000000-0000-0000-0000-000000000000/texts").expect(404).await;
}

async fn who_may_order_and_cancel(app: App) {
    let of_all = order(&app, PLATFORM, "2026").await;
    let own = order(&app, "admin@trend.example", "2026").await;
    let admin = app.staff("admin@trend.example").await;
    let foreign = json!({"language": "uz", "to": "2026", "at": "2026-09-01T00:00:00Z", "agency": "kazinform"});
    admin.post("/v1/orthography-switches").json(&foreign).expect(403).await;
    let by_platform = app.staff(PLATFORM).await.post("/v1/orthography-switches").json(&foreign).expect(201).await;
    let by_platform = format!("/v1/orthography-switches/{}", by_platform.json()["id"].as_str().unwrap());
    admin.get(&by_platform).expect(404).await;
    admin.get(&format!("{by_platform}/texts")).expect(404).await;
    assert_eq!(admin.get("/v1/orthography-switches").expect(200).await.json()["data"].as_array().unwrap().len(), 2);
    let seen = admin.get(&of_all).expect(200).await.etag();
    admin.post(&format!("{of_all}/cancel")).if_match(&seen).expect(403).await;
    admin.post(&format!("{own}/cancel")).expect(428).await;
    let etag = admin.get(&own).expect(200).await.etag();
    assert_eq!(admin.post(&format!("{own}/cancel")).if_match(&etag).expect(200).await.json()["state"], "canceled");
    let editor = app.staff("editor@trend.example").await;
    editor.get("/v1/orthography-switches").expect(403).await;
    app.advance(std::time::Duration::from_mins(1));
    app.drain_jobs().await;
    assert_eq!(app.staff("admin@trend.example").await.get(&own).expect(200).await.json()["state"], "canceled");
    assert_eq!(app.staff(PLATFORM).await.get(&of_all).expect(200).await.json()["state"], "done");
}
