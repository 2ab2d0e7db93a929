//! Many write at once, and the chain holds.

use super::{EDITOR, PLATFORM, draft, is_whole, last};
use crate::on_both;
use crate::support::{App, PASSWORD};
use futures_util::future::join_all;
use serde_json::json;

on_both!(parallel_writers_leave_an_unbroken_chain);

async fn parallel_writers_leave_an_unbroken_chain(app: App) {
    let (editor, platform) = (app.staff(EDITOR).await, app.staff(PLATFORM).await);
    let mut requests = vec![];
    for n in 0..8 {
        let (_, text) = draft(&editor).await;
        let etag = editor.get(&text).expect(200).await.etag();
        requests.push(editor.post(&format!("{text}/publish")).if_match(&etag));
        requests.push(platform.post("/v1/sections").json(&json!({ "slug": format!("section-{n}"), "names": { "en": "x" } })));
        // Few: passwords are checked one at a time for each core, and nobody waits for that longer than three seconds.
        let email = if n % 2 == 0 { "editor@kabar.example" } else { "editor@uza.example" };
        requests.push(app.anonymous().post("/v1/auth/login").json(&json!({ "email": email, "password": PASSWORD })));
    }
    let before = last(&app).await;
    let walk = async {
        // Also while others write.
        for _ in 0..10 {
            let report = newsroom::audit::verify::whole(&app.state.db, &[]).await.unwrap();
            assert!(report.findings.is_empty(), "{:?}", report.findings);
        }
    };
    let (answers, ()) = futures_util::future::join(join_all(requests.into_iter().map(crate::support::Request::send)), walk).await;
    for answer in &answers {
        assert!(answer.status.is_success(), "{} {}", answer.status, answer.text());
    }
    assert_eq!(last(&app).await, before + i64::try_from(answers.len()).unwrap());
    is_whole(&app).await;
}
