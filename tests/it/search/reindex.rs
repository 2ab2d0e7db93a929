//! Indexing anew, while others read and publish.

use super::{find, forget_version, headlines, ids, publish, step, story};
use crate::on_both;
use crate::support::App;
use newsroom::db::{Engine, Reader, Timestamp};
use newsroom::publication;
use serde_json::json;
use std::time::Duration;

on_both!(
    what_is_indexed_anew_is_found_as_before,
    a_new_program_indexes_in_the_background,
    texts_of_an_earlier_date_stand_where_they_belong,
    readers_and_publishers_do_not_wait_for_the_end,
);

async fn forget_all(app: &App) {
    app.state.db.write().query("DELETE FROM published_search").execute().await.unwrap();
}

async fn what_is_indexed_anew_is_found_as_before(app: App) {
    let before = find(&app, "қазақстан", "&limit=100").await;
    assert!(!before.is_empty());
    let texts = app.number("SELECT count(*) FROM published_documents").await;
    for _ in 0..2 {
        assert_eq!(publication::reindex(&app.state).await.unwrap(), texts);
        assert_eq!(find(&app, "қазақстан", "&limit=100").await, before);
    }
    forget_all(&app).await;
    assert_eq!(ids(&find(&app, "қазақстан", "").await), [""; 0]);
    publication::reindex(&app.state).await.unwrap();
    assert_eq!(find(&app, "қазақстан", "&limit=100").await, before);
    assert_eq!(app.number("SELECT count(*) FROM jobs WHERE kind = 'search.reindex'").await, 0, "nothing is left to do");
}

async fn a_new_program_indexes_in_the_background(app: App) {
    let before = find(&app, "қазақстан", "&limit=100").await;
    forget_all(&app).await;
    publication::follow_search_version(&app.state).await.unwrap();
    app.drain_jobs().await;
    assert_eq!(find(&app, "қазақстан", "&limit=100").await, before);
    publication::follow_search_version(&app.state).await.unwrap();
    assert_eq!(app.drain_jobs().await, 0, "the version is known");
    app.state.db.write().query("UPDATE sequences SET value = 0 WHERE name = 'search'").execute().await.unwrap();
    publication::follow_search_version(&app.state).await.unwrap();
    assert!(app.drain_jobs().await > 1, "batch by batch");
}

/// What was unpublished keeps its date: when it comes back, it is no news.
async fn texts_of_an_earlier_date_stand_where_they_belong(app: App) {
    let editor = app.staff("editor@trend.example").await;
    let mut expected = vec![];
    for n in 0..40 {
        // All in one instant, then one by one.
        app.advance(Duration::from_millis(u64::from(n > 20)));
        expected.insert(0, publish(&editor, &story("kk", &format!("Жетісу {n}"), "…")).await);
    }
    assert_eq!(ids(&find(&app, "жетісу", "&limit=100").await)[..40], expected);
    let mut back = vec![];
    for id in expected.iter().skip(5).step_by(3) {
        step(&editor, id, "kk", "unpublish", &json!({})).await;
        back.push(id.clone());
    }
    for id in &back {
        step(&editor, id, "kk", "publish", &json!({})).await;
    }
    let found = find(&app, "жетісу", "&limit=100").await;
    let order: Vec<_> = found.iter().take(40).map(|item| Timestamp::parse(item["published_at"].as_str().unwrap()).unwrap()).collect();
    assert!(order.is_sorted_by(|a, b| a >= b));
    if app.state.db.engine() == Engine::Sqlite {
        assert!(app.number("SELECT count(*) FROM published_search WHERE place < 0").await > 0, "there was room for all: this proves nothing");
    }
    publication::reindex(&app.state).await.unwrap();
    assert_eq!(find(&app, "жетісу", "&limit=100").await, found);
}

async fn readers_and_publishers_do_not_wait_for_the_end(app: App) {
    let editor = app.staff("editor@trend.example").await;
    forget_version(&app).await;
    publication::follow_search_version(&app.state).await.unwrap();
    let registry = newsroom::app::jobs();
    let before = find(&app, "қазақстан", "&limit=100").await;
    let mut n = 0;
    while newsroom::jobs::step(&app.state, &registry, "test").await.unwrap() {
        let found = find(&app, "қазақстан", "&limit=100").await;
        assert_eq!(found, before, "after batch {n}");
        app.advance(Duration::from_secs(1));
        publish(&editor, &story("kk", &format!("Жетісу {n}"), "…")).await;
        n += 1;
        assert_eq!(headlines(&app, "жетісу", "").await[0], format!("Жетісу {}", n - 1));
    }
    assert!(n > 1);
}
